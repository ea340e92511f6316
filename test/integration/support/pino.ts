/** Log lines written with pino and pushed by pino-loki. */

import { once } from 'node:events'
import pino from 'pino'
import { pinoLoki } from 'pino-loki'

export interface Push {
  /** `http://HOST:PORT`, and a path without its first slash. */
  readonly host: string
  readonly endpoint: string
  readonly headers?: Record<string, string>
}

/** Writes the same lines, of every level and with labels and structured metadata, to each of the addresses; resolves when all have answered. */
export async function logLines(count: number, pushes: readonly Push[]): Promise<void> {
  const transports = pushes.map(push => pinoLoki({
    ...push, labels: { app: 'shop', pod_template_hash: '6f7b9c', quoted: 'a "b" \\ c' }, propsToLabels: ['module'], batching: { interval: 1 }, silenceErrors: false,
  }))
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
  const logger = pino({ level: 'trace', base: { hostname: 'web-1' } }, pino.multistream(transports.map(stream => ({ level: 'trace', stream }))))
  for (let n = 0; n < count; n++) {
    const fields = { n, module: `m${n % 3}`, meta: { trace_id: `0af7651916cd43dd8448eb211c80319${n % 10}`, attempt: n, details: { retry: n % 2 === 0 } } }
    logger[levels[n % levels.length]!](n % 4 === 0 ? { n, module: `m${n % 3}` } : fields, `line ${String(n).padStart(5, '0')} of “${count}”`)
  }
  await Promise.all(transports.map(async transport => {
    transport.end()
    await once(transport, 'close')
  }))
}
