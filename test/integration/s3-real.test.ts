/**
 * The S3 store against a server program that is not ours: the contract, with the conditional writes of another implementation.
 * The program is `versitygw` (`go install github.com/versity/versitygw/cmd/versitygw@v1`), found in PATH.
 */

import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { s3Store } from '../../src/state/stores/s3.ts'
import { breakable } from '../state/faulty.ts'
import { storeContract, type Harness } from '../state/store-contract.ts'

const program = 'versitygw'
const credentials = { accessKeyId: 'test', secretAccessKey: 'test-secret' }

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })
  return port
}

const installed = await new Promise<boolean>(resolve => {
  spawn(program, ['--version'], { stdio: 'ignore' }).on('error', () => resolve(false)).on('exit', code => resolve(code === 0))
})

async function start(): Promise<Harness> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-s3-'))
  await mkdir(path.join(folder, 'buckets/state'), { recursive: true })
  const port = await freePort()
  const server = spawn(program, [
    '--port', `127.0.0.1:${port}`, '--access', credentials.accessKeyId, '--secret', credentials.secretAccessKey, '--quiet',
    'posix', path.join(folder, 'buckets'),
  ], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise(resolve => server.once('exit', resolve))
  const client = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, credentials }
  const env = { now: Date.now, random: Math.random, bucket: 'state', client }
  const { wrap, ...faults } = breakable()
  const close = async () => {
    server.kill()
    await ended
    await rm(folder, { recursive: true })
  }
  for (let tries = 0; ; tries++) {
    try {
      await s3Store(env).list('', { limit: 1 })
      break
    } catch (error) {
      if (tries < 100 && server.exitCode === null) await sleep(50)
      else {
        await close()
        throw error
      }
    }
  }
  return { ...faults, open: () => wrap(s3Store(env)), close }
}

if (installed) {
  // It keeps objects as files: `a` and `a/b` cannot both be, nor parts that are empty or longer than a file name.
  storeContract(`s3 (${program})`, start, { plainPaths: true })
} else {
  describe(`s3 (${program})`, () => {
    it(`SKIPPED: "${program}" IS NOT IN PATH, SO THE S3 STORE WAS NOT TESTED AGAINST A REAL SERVER (see CONTRIBUTING.md)`, { skip: true }, () => undefined)
  })
}
