/**
 * Lambda: several execution environments on one bucket, each with one event at a time and stopped in between, behind a front door; a
 * schedule that ticks more often than AWS's.
 */

import { once } from 'node:events'
import { symlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { httpEvent, tickEvent, type LambdaAnswer } from '../../test/support/lambda-events.ts'
import { workbench } from '../../test/support/platform.ts'
import { chance, processes } from './plan.ts'
import { forked, peakOf, tail, type Runtime, type Start } from './runtime.ts'
import { startProxy } from './s3-proxy.ts'
import { bucket, credentials, startS3 } from './s3-server.ts'
import { entriesOf } from './stored.ts'

const runtimeFile = fileURLToPath(new URL('../../test/support/lambda-runtime.mjs', import.meta.url))
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
const invocationMs = 20_000
const tickEveryMs = 2_000

export async function startLambda({ config, plan, seed, startMs }: Start): Promise<Runtime> {
  const bench = await workbench()
  const { file } = await bench.build('lambda', config)
  // Where Lambda's own runtime has the SDK.
  await symlink(modules, path.join(bench.folder, 'node_modules'))
  const s3 = await startS3(bench.folder)
  const proxy = await startProxy(s3.endpoint, plan.store, () => Date.now() - startMs, chance(seed, 'store requests'))
  const output = tail()
  output.add(Buffer.from(`state in ${s3.name}\n`))
  const variables = {
    PATH: process.env.PATH, SLUICE_BUCKET: bucket, SLUICE_DEAD_LETTERS: 'on', AWS_ENDPOINT_URL_S3: proxy.endpoint, AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    SLUICE_CHAOS: JSON.stringify({ startMs, storage: '', seed, clock: plan.clock, store: [] }),
  }
  const running: (Environment | undefined)[] = []
  /** Who waits for an environment. */
  const queue: ((environment: Environment) => void)[] = []
  let peak = 0
  let ending = false

  const offer = (environment: Environment) => {
    if (!running.includes(environment)) return
    const next = queue.shift()
    environment.busy = next !== undefined
    next?.(environment)
  }
  const start = async (index: number) => {
    const environment = await startEnvironment(file, variables, output.add)
    if (ending) return environment.kill()
    running[index] = environment
    offer(environment)
  }
  const invoke = async (event: object): Promise<unknown> => {
    const free = running.find(environment => environment?.busy === false)
    if (free !== undefined) free.busy = true
    const environment = free ?? await new Promise<Environment>(resolve => { queue.push(resolve) })
    try {
      return await environment.invoke(event)
    } finally {
      offer(environment)
    }
  }
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const answer = await invoke(httpEvent('url', request, new Uint8Array(await buffer(request)))) as LambdaAnswer
    const { statusCode, headers = {}, body = '', isBase64Encoded = false } = answer
    response.writeHead(statusCode, { ...headers }).end(isBase64Encoded ? Buffer.from(body, 'base64') : body)
  }
  await Promise.all(Array.from({ length: processes.lambda }, (_, index) => start(index)))
  const server = createServer((request, response) => { handle(request, response).catch(() => { response.writeHead(502).end() }) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ticking = setInterval(() => { invoke(tickEvent()).catch(() => undefined) }, tickEveryMs)
  const measure = () => { for (const one of running) if (one !== undefined) peak = Math.max(peak, peakOf(one.pid)) }
  const kill = async (victim: number) => {
    measure()
    const one = running[victim]
    running[victim] = undefined
    await one?.kill()
  }

  return {
    urls: () => [url],
    async kill(victim) {
      await kill(victim)
      await start(victim)
    },
    entries: () => entriesOf(s3.store),
    peakBytes: () => {
      measure()
      return peak
    },
    output: output.text,
    async stop() {
      ending = true
      clearInterval(ticking)
      server.close()
      server.closeAllConnections()
      await Promise.all(running.map((_, index) => kill(index)))
      await proxy.stop()
      await s3.stop()
      await bench.clear()
    },
  }
}

interface Environment {
  readonly pid: number
  busy: boolean
  /** Runs one event; between events the process does not run at all. */
  readonly invoke: (event: object) => Promise<unknown>
  readonly kill: () => Promise<void>
}

async function startEnvironment(file: string, env: NodeJS.ProcessEnv, print: (chunk: Uint8Array) => void): Promise<Environment> {
  const { child, ended, kill } = forked(runtimeFile, [file], env, print)
  await Promise.race([once(child, 'message'), ended.then(() => { throw new Error('an environment ended before it was ready') })])
  let last = 0
  return {
    pid: child.pid!,
    busy: true,
    async invoke(event) {
      const id = ++last
      child.kill('SIGCONT')
      const answered = new Promise<unknown>((resolve, reject) => {
        const hear = ({ id: of, answer, error }: { id: number; answer?: unknown; error?: string }) => {
          if (of !== id) return
          child.off('message', hear)
          if (error === undefined) resolve(answer)
          else reject(new Error(error))
        }
        child.on('message', hear)
      })
      child.send({ id, event, timeoutMs: invocationMs }, () => undefined)
      try {
        return await Promise.race([answered, ended.then(() => { throw new Error('the environment was killed') })])
      } finally {
        child.kill('SIGSTOP')
      }
    },
    kill,
  }
}
