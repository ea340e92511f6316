/** A process of its own on a file store's folder, for file.test.ts: counts up `count` by compare-and-swap, appending every number won. */

import { text, utf8 } from '../../../src/lib/bytes.ts'
import { fileStore } from '../../../src/state/stores/file.ts'

const [, , folder = '', rounds = '0'] = process.argv
const store = fileStore(folder, { now: Date.now, random: Math.random })

for (let won = 0; won < Number(rounds);) {
  const entry = await store.get('count')
  const next = Number(text(entry?.value ?? utf8('0'))) + 1
  if (await store.put('count', utf8(String(next)), { ifVersion: entry?.version ?? null }) === 'conflict') continue
  won++
  const { key } = await store.append('log/', `-${process.pid}-${won}`, utf8(String(next)))
  // To the parent: this is durable now.
  process.stdout.write(`${next} ${key}\n`)
}
