import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { link, mkdir, mkdtemp, readdir, rm, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { text, utf8 } from '../../../src/lib/bytes.ts'
import { StoreError } from '../../../src/state/store.ts'
import { decodePath, encodeKey, encodePrefix } from '../../../src/state/stores/file-names.ts'
import { fileStore } from '../../../src/state/stores/file.ts'
import { folderLock } from '../../../src/state/stores/folder-lock.ts'
import { breakable } from '../faulty.ts'
import { storeContract } from '../store-contract.ts'

const env = { now: Date.now, random: Math.random }
const newFolder = () => mkdtemp(path.join(tmpdir(), 'sluice-state-'))

storeContract('file', async () => {
  const folder = await newFolder()
  const { wrap, ...faults } = breakable()
  return {
    ...faults,
    open: () => wrap(fileStore(folder, env)),
    close: () => rm(folder, { recursive: true }),
  }
})

describe('file', () => {
  let folder: string
  before(async () => { folder = await newFolder() })
  after(() => rm(folder, { recursive: true }))

  /** Runs file-process.ts; `killAfter` lines it is killed. Resolves with the lines that it got out. */
  const run = (at: string, rounds: number, killAfter = Infinity) => new Promise<string[]>((resolve, reject) => {
    const script = path.join(import.meta.dirname, 'file-process.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', script, at, String(rounds)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk
      if (out.split('\n').length > killAfter) child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0 || (signal === 'SIGKILL' && killAfter < Infinity)) resolve(out.split('\n').slice(0, -1))
      else reject(new Error(`process ended with ${code ?? signal}`))
    })
  })

  it('keeps two processes on one folder apart, in order, and outlives a kill -9 of one of them', async () => {
    const at = path.join(folder, 'processes')
    const lines = (await Promise.all([run(at, 25), run(at, 1000, 8), run(at, 25)])).flat()
    const numbers = lines.map(line => Number(line.split(' ')[0]))
    assert.equal(new Set(numbers).size, numbers.length, 'a number was won twice')
    const store = fileStore(at, env)
    const count = Number(text((await store.get('count'))!.value))
    // The killed one may have won numbers that it could not tell.
    assert.ok(count >= 58 && count >= Math.max(...numbers), `${count}`)
    const { entries } = await store.list('log/', { limit: 1000 })
    const logged = new Map<string, number>()
    for (const { key } of entries) logged.set(key, Number(text((await store.get(key))!.value)))
    for (const line of lines) {
      const [number, key] = line.split(' ') as [string, string]
      assert.equal(logged.get(key), Number(number), `${key} was lost`)
    }
  })

  it('appends after what another process appended, also when it noticed that process by another operation', async () => {
    const at = path.join(folder, 'turns')
    const still = { now: () => 1_763_640_000_000, random: Math.random }
    const [one, other] = [fileStore(at, still), fileStore(at, still)]
    const keys: string[] = []
    const append = async (store: typeof one) => { keys.push((await store.append('queue/a/', '-x', utf8('1'))).key) }
    for (const operation of [
      () => one.put('b', utf8('1')),
      () => one.delete('b'),
      () => one.deleteAll(['b']),
    ]) {
      await append(one)
      await append(other)
      await append(other)
      await operation()
      await append(one)
    }
    assert.deepEqual(keys, [...new Set(keys)].sort())
  })

  it('goes on where its own lock was left behind because the disk failed', async () => {
    const at = path.join(folder, 'left')
    const lock = await folderLock(at, 'one')
    assert.equal(await lock.hold(async () => {
      // So that it cannot be released.
      await unlink(path.join(at, '1'))
      return 'done'
    }), 'done')
    // Taken, and the answer lost; then a release that did nothing.
    await link(path.join(at, 'card-one'), path.join(at, '2'))
    assert.equal(await lock.hold(async () => 'done again'), 'done again')
    assert.deepEqual((await readdir(at)).sort(), ['3.free', 'card-one'])
  })

  it('takes over a lock and clears temporary files that dead processes left', async () => {
    const at = path.join(folder, 'dead')
    await mkdir(path.join(at, '.lock'), { recursive: true })
    await mkdir(path.join(at, '.tmp'))
    // A former life of this pid, as in a container that was restarted.
    await writeFile(path.join(at, '.lock/41'), JSON.stringify({ host: hostname(), pid: process.pid, began: 1, id: 'x' }))
    await writeFile(path.join(at, '.lock/card-x'), JSON.stringify({ host: hostname(), pid: process.pid, began: 1, id: 'x' }))
    await writeFile(path.join(at, '.tmp/old'), 'half')
    await writeFile(path.join(at, '.tmp/new'), 'half')
    await utimes(path.join(at, '.tmp/old'), 0, 0)
    await fileStore(at, env).put('a', utf8('1'))
    assert.deepEqual((await readdir(path.join(at, '.lock'))).filter(name => !name.startsWith('card-')), ['42.free'])
    assert.ok(!(await readdir(path.join(at, '.lock'))).includes('card-x'))
    assert.deepEqual(await readdir(path.join(at, '.tmp')), ['new'])
  })

  it('says what the disk refused, and whether to try again', async () => {
    const file = path.join(folder, 'a file')
    await writeFile(file, '')
    await assert.rejects(fileStore(file, env).put('a', utf8('1')), (error: unknown) =>
      error instanceof StoreError && !error.retryable && /cannot write "a"/.test(error.message))
  })

  it('names files so that people find their way', () => {
    assert.equal(encodeKey('queue/otelcol.exporter.otlphttp.a/sending/17-1'), 'queue~/otelcol.exporter.otlphttp.a~/sending~/17-1=')
    assert.equal(encodePrefix('queue/a'), 'queue~')
    assert.equal(encodePrefix('queue/a/'), 'queue~/a~')
    assert.equal(encodePrefix('que'), '')
    for (const key of ['A/b', '../x', 'é', 'x'.repeat(500), 'a//', '%', '~+=']) {
      assert.equal(decodePath(encodeKey(key)), key)
      for (const name of encodeKey(key).split('/')) assert.match(name, /^[a-z0-9._%-]{0,200}[~+=]$/)
    }
  })
})
