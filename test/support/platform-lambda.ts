/** Lambda: the artefact in a process of its own, behind a small server that speaks for AWS. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { httpEvent, tickEvent, workEvents, type LambdaAnswer, type Shape } from './lambda-events.ts'
import { collector, type Artefact, type Platform, type Served } from './platform.ts'

const runtime = fileURLToPath(new URL('lambda-runtime.mjs', import.meta.url))

/** Lambda behind a front door of the given shape. */
export const lambda = (shape: Shape): Platform => ({
  name: `lambda (${shape})`,
  target: 'lambda',
  durable: false,
  ports: false,
  disk: false,
  start: artefact => start(shape, artefact),
})

async function start(shape: Shape, { file, variables }: Artefact): Promise<Served> {
  const { invoke, output, stop } = await startRuntime(file, variables)
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const answer = await invoke(httpEvent(shape, request, new Uint8Array(await buffer(request)))) as LambdaAnswer
    const { statusCode, headers = {}, multiValueHeaders = {}, cookies = [], body = '', isBase64Encoded = false } = answer
    response.writeHead(statusCode, { ...headers, ...multiValueHeaders as Record<string, string[]>, ...(cookies.length > 0 && { 'set-cookie': [...cookies] }) })
    response.end(isBase64Encoded ? Buffer.from(body, 'base64') : body)
  }
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => { response.writeHead(502).end(`the function failed: ${String(error)}`) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tick: async () => { await invoke(tickEvent()) },
    work: async by => { await invoke(workEvents[by]()) },
    output,
    async stop() {
      server.close()
      server.closeAllConnections()
      await stop()
    },
  }
}

/** The process that the artefact runs in. */
export async function startRuntime(file: string, variables: Readonly<Record<string, string>>) {
  const printed = collector()
  const child = fork(runtime, [file], { env: { PATH: process.env.PATH, ...variables }, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', printed.add)
  const ended = once(child, 'exit')
  await Promise.race([once(child, 'message'), ended.then(() => { throw new Error(`the function did not start:\n${printed.text()}`) })])

  const waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>()
  child.on('message', ({ id, answer, error }: { id: number; answer?: unknown; error?: string }) => {
    if (error === undefined) waiting.get(id)?.resolve(answer)
    else waiting.get(id)?.reject(new Error(error))
    waiting.delete(id)
  })
  child.on('exit', () => { for (const { reject } of waiting.values()) reject(new Error(`the function ended:\n${printed.text()}`)) })

  let last = 0
  return {
    output: printed.text,
    invoke: (event: object, timeoutMs = 30_000) => new Promise<unknown>((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject })
      child.send({ id, event, timeoutMs })
    }),
    stop: async () => {
      child.disconnect()
      await ended
    },
  }
}
