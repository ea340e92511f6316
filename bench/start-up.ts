/**
 * From nothing to the first answer: a span sent to the sample configuration (with its password), on workerd and by the Lambda handler in a
 * fresh Node process, beside an empty Hono app that gets the same request, in turns.
 */

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { Miniflare } from 'miniflare'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compatibilityDate, compatibilityFlags } from '../src/cli/platforms.ts'
import { httpEvent } from '../test/support/lambda-events.ts'
import { sampleBatch } from '../test/support/otlp.ts'
import type { BenchOptions } from './measure.ts'
import { emptyHono, sample } from './support/baselines.ts'

const runs = 10
const password = 'bench'
const body = sampleBatch('traces', 1).bytes
const headers = { 'content-type': 'application/x-protobuf', 'authorization': `Basic ${btoa(`sluice:${password}`)}` }

export async function* rows({ only }: Pick<BenchOptions, 'only'>) {
  for (const [row, bench] of [['workerd', workerd], ['lambda', lambda]] as const) {
    if (!row.includes(only)) continue
    const { ours, baseline } = await bench()
    const [medianMs, baselineMs] = [median(ours), median(baseline)]
    yield { row, runs, medianMs, baselineMs, addedMs: Math.round((medianMs - baselineMs) * 10) / 10, minMs: Math.min(...ours), maxMs: Math.max(...ours) }
  }
}

type Timed = (artefact: string) => Promise<number>

/** Times both in turns; the first turn warms the disk's cache and does not count. */
async function inTurns(ours: string, baseline: string, time: Timed) {
  const times = { ours: [] as number[], baseline: [] as number[] }
  for (let run = 0; run <= runs; run++) {
    const [a, b] = [await time(ours), await time(baseline)]
    if (run === 0) continue
    times.ours.push(a)
    times.baseline.push(b)
  }
  return times
}

async function workerd() {
  return inTurns(await sample('cloudflare'), await emptyHono('cloudflare'), async code => {
    const start = performance.now()
    const miniflare = new Miniflare({
      modules: [{ type: 'ESModule', path: 'worker.js', contents: code }],
      compatibilityDate, host: '127.0.0.1', port: 0,
      bindings: { SLUICE_PASSWORD: password },
      ...(code.includes('SluiceState') && { compatibilityFlags, durableObjects: { STATE: { className: 'SluiceState', useSQLite: true } } }),
      handleRuntimeStdio: () => undefined,
    })
    const url = await miniflare.ready
    const { status } = await fetch(new URL('/v1/traces', url), { method: 'POST', headers, body: body as BodyInit })
    const taken = performance.now() - start
    await miniflare.dispose()
    if (status !== 200) throw new Error(`the worker answered ${status}`)
    return Math.round(taken * 10) / 10
  })
}

async function lambda() {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-bench-'))
  const place = async (name: string, code: string) => {
    const file = path.join(folder, name)
    await writeFile(file, code)
    return file
  }
  const request = { method: 'POST', url: '/v1/traces', headers, rawHeaders: Object.entries(headers).flat() } as unknown as IncomingMessage
  const event = JSON.stringify(httpEvent('url', request, body))
  const once = fileURLToPath(new URL('support/lambda-once.mjs', import.meta.url))
  const run = promisify(execFile)
  try {
    return await inTurns(await place('sluice.mjs', await sample('lambda')), await place('empty.mjs', await emptyHono('lambda')), async file => {
      const start = performance.now()
      const { stdout } = await run(process.execPath, [once, file, event], { env: { PATH: process.env.PATH, SLUICE_PASSWORD: password } })
      const taken = performance.now() - start
      if (!stdout.endsWith('\nanswered 200\n')) throw new Error(`the handler said: ${stdout}`)
      return Math.round(taken * 10) / 10
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return Math.round((sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) * 5) / 10
}
