/** Senders: each sends the next numbers of its streams when the ones before were acknowledged, and repeats what may be repeated. */

import { setTimeout as sleep } from 'node:timers/promises'
import { encodeItems, paths, type Item, type Signal } from './items.ts'
import { chance } from './plan.ts'

/** Whether batches go straight through or by the queue: which of the configuration's pipelines. */
export type Mode = 'through' | 'queued'

export interface SenderOptions {
  readonly name: string
  readonly signal: Signal
  readonly mode: Mode
  readonly streams: number
  /** Between an acknowledgement and the next batch, at most. */
  readonly pauseMs: number
}

/** What became of a sender's batches; `acknowledged` holds the numbers, which are those of each of its streams, with when that was and by whom. */
export interface Sender extends SenderOptions {
  readonly acknowledged: Map<number, string>
  refused: number
  repeats: number
  /** The number that it still tries to send. */
  pending: number | undefined
  /** By status or error, how often. */
  readonly answers: Map<string, number>
  readonly done: Promise<void>
}

/** How long a client waits for an answer. */
const clientPatienceMs = 15_000

export const streamOf = (sender: SenderOptions, index: number): string => `${sender.name}/${index}`
/** The sender of a stream. */
export const senderOf = (stream: string): string => stream.slice(0, stream.lastIndexOf('/'))

/** Where a sender of this mode and signal sends, below a runtime's address. */
function address(mode: Mode, signal: Signal): string {
  const component = signal === 'write' ? 'prometheus.receive_http' : signal === 'loki' ? 'loki.source.api' : 'otelcol.receiver.otlp'
  const path = signal === 'write' ? '/api/v1/metrics/write' : paths[signal]
  return `/api/v0/component/${component}.${mode}${path}`
}

/** Starts a sender; `urls` are the addresses that answer at present, `stopped` when to begin no further batch, `abandoned` when to give up. */
export function startSender(
  options: SenderOptions, seed: number, urls: () => readonly string[], sinceMs: () => number, stopped: () => boolean, abandoned: () => boolean,
): Sender {
  const random = chance(seed, options.name)
  const sender: { -readonly [K in keyof Sender]: Sender[K] } = {
    ...options, acknowledged: new Map(), refused: 0, repeats: 0, pending: undefined, answers: new Map(), done: Promise.resolve(),
  }
  const note = (what: string) => sender.answers.set(what, (sender.answers.get(what) ?? 0) + 1)

  let asked = ''
  const attempt = async (items: readonly Item[]): Promise<'acknowledged' | 'refused' | number> => {
    const all = urls()
    const url = all[Math.floor(random() * all.length)]
    asked = url ?? ''
    if (url === undefined) return 200
    try {
      const answer = await fetch(url + address(options.mode, options.signal), {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', ...((options.signal === 'write' || options.signal === 'loki') && { 'content-encoding': 'snappy' }) },
        body: encodeItems(options.signal, items) as BodyInit,
        signal: AbortSignal.timeout(clientPatienceMs),
      })
      const body = new Uint8Array(await answer.arrayBuffer())
      note(String(answer.status))
      // An OTLP answer that says anything says that some were refused.
      if (answer.ok) return options.signal in otlpSignals && body.length > 0 ? 'refused' : 'acknowledged'
      if (answer.status >= 500 || answer.status === 429) return Math.min(1_000, 1000 * Number(answer.headers.get('retry-after') ?? 0.3))
      return 'refused'
    } catch (error) {
      const { name, cause } = error as Error & { cause?: { code?: string } }
      note(cause?.code ?? name)
      return 300
    }
  }
  const run = async () => {
    for (let number = 1; !stopped(); number++) {
      const items = Array.from({ length: options.streams }, (_, index) => ({ stream: streamOf(options, index), number }))
      sender.pending = number
      let outcome = await attempt(items)
      for (; typeof outcome === 'number'; outcome = await attempt(items)) {
        if (abandoned()) return
        sender.repeats++
        await sleep(outcome * (0.5 + random()))
      }
      sender.pending = undefined
      if (outcome === 'acknowledged') sender.acknowledged.set(number, `${Math.round(sinceMs())} ms by ${asked.slice(asked.lastIndexOf(':'))}`)
      else sender.refused++
      await sleep(options.pauseMs * random())
    }
  }
  sender.done = run()
  return sender
}

const otlpSignals: Partial<Record<Signal, true>> = { traces: true, metrics: true, logs: true }
