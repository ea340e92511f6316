/** `sluice run`: compile a configuration and serve it here, in workerd (as on Cloudflare) or in Node. */

import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Platform } from '../components/contract/define.ts'
import { hasPlan } from './build.ts'
import { compilePath, printDiagnostics } from './compile.ts'
import { describe } from './describe.ts'
import type { Running } from './serving.ts'
import { UsageError, onePath, oneOf, featureFlags, featureHelp, features, parse } from './usage.ts'

export const summary = 'compile a configuration and serve it on this machine'
export const help = `Usage: sluice run [--platform=workerd|node] [FLAGS] PATH

Compiles the configuration at PATH (a file, or a folder of *.alloy files) and serves it until Ctrl-C.

  --platform=PLATFORM       workerd (default): the runtime of Cloudflare Workers, with Durable Objects on disk;
                            node: a plain server, which also opens the ports that the configuration names
  --server.http.listen-addr=HOST:PORT
                            where to serve (default: 127.0.0.1:12345)
  --allow-unauthenticated   leave out the http block's auth; for an address of this machine only
  --storage.path=DIR        where state is kept (default: data-sluice)
${featureHelp}

Exit code: 0 stopped, 1 the configuration has errors or the address is taken, 2 wrong usage.`

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args, {
    platform: { type: 'string', default: 'workerd' },
    'server.http.listen-addr': { type: 'string', default: '127.0.0.1:12345' },
    'storage.path': { type: 'string', default: 'data-sluice' },
    'allow-unauthenticated': { type: 'boolean', default: false },
    ...featureFlags,
  })
  const platform = oneOf('platform', values.platform, ['workerd', 'node'])
  const [host, port] = splitAddress(values['server.http.listen-addr'])
  const withoutGuard = values['allow-unauthenticated']
  if (withoutGuard && !isLoopback(host)) throw new UsageError(`--allow-unauthenticated is for addresses of this machine (127.0.0.1, ::1, localhost); ${host} can be reached from elsewhere`)
  const target: Platform = platform === 'workerd' ? 'cloudflare' : 'node'
  const compiled = await compilePath(onePath(positionals), { target, ...features(values), withoutGuard })
  printDiagnostics(compiled)
  if (!hasPlan(compiled)) return 1
  // Loaded when it is needed: the runtimes take longer to load than a mistake takes to be told.
  const { bundle } = await import('./bundle.ts')
  const { code } = await bundle(compiled, target)

  const stopped = new Promise<void>(resolve => { for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { resolve() }) })
  let running: Running
  try {
    await mustBeFree(host, port)
    const serve = platform === 'workerd' ? (await import('./run-workerd.ts')).runWorkerd : (await import('./run-node.ts')).runNode
    running = await serve({ code, host, port, storage: values['storage.path'] })
  } catch (error) {
    console.error(`sluice run: cannot serve on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
  console.log(await describe(compiled, running.url, platform))
  await stopped
  await running.stop()
  return 0
}

/** Rejects where the address cannot be listened on: miniflare would wait for it without end, and a child process ends without a word. */
async function mustBeFree(host: string, port: number): Promise<void> {
  const probe = createServer().listen(port, host)
  try {
    await once(probe, 'listening')
  } finally {
    probe.close()
  }
}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

function splitAddress(address: string): [host: string, port: number] {
  const match = /^(.*):(\d{1,5})$/.exec(address)
  if (match === null || Number(match[2]) > 65535) throw new UsageError(`--server.http.listen-addr takes HOST:PORT, not ${JSON.stringify(address)}`)
  return [match[1]!.replace(/^\[|\]$/g, '') || '0.0.0.0', Number(match[2])]
}
