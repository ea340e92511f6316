/** A bucket: of versitygw where it is installed (CONTRIBUTING.md), else of the fake in this process. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { s3Store } from '../../src/state/stores/s3.ts'
import type { Store } from '../../src/state/store.ts'
import { fakeS3 } from '../../test/support/fake-s3.ts'
import { freePort } from '../../test/support/sink.ts'

export const bucket = 'state'
export const credentials = { accessKeyId: 'test', secretAccessKey: 'test-secret' }

export interface S3Server {
  readonly name: string
  readonly endpoint: string
  /** The bucket by a way that does not fail. */
  readonly store: Store
  stop(): Promise<void>
}

const storeAt = (endpoint: string) =>
  s3Store({ bucket, now: Date.now, random: Math.random, client: { endpoint, region: 'us-east-1', forcePathStyle: true, credentials } })

export async function startS3(folder: string): Promise<S3Server> {
  if (spawnSync('versitygw', ['--version']).status !== 0) {
    const fake = await fakeS3()
    return { name: 'fake', endpoint: fake.endpoint, store: storeAt(fake.endpoint), stop: () => fake.close() }
  }
  const root = path.join(folder, 'buckets')
  await mkdir(path.join(root, bucket), { recursive: true })
  const port = await freePort()
  const server = spawn('versitygw', ['--port', `127.0.0.1:${port}`, '--access', credentials.accessKeyId, '--secret', credentials.secretAccessKey, '--quiet', 'posix', root], { stdio: 'ignore' })
  const ended = once(server, 'exit')
  const store = storeAt(`http://127.0.0.1:${port}`)
  for (let tries = 0; ; tries++) {
    try {
      await store.list('', { limit: 1 })
      break
    } catch (error) {
      if (tries > 100) throw error
      await sleep(50)
    }
  }
  return {
    name: 'versitygw', endpoint: `http://127.0.0.1:${port}`, store,
    async stop() {
      server.kill()
      await ended
    },
  }
}
