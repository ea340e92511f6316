/** One request of remote-write to an endpoint: which version of the protocol it speaks, and what the answer means. */

import type { Call } from '../../contract/call.ts'
import { ConsumeError, permanent } from '../../contract/errors.ts'
import type { PrometheusBatch } from '../../../telemetry/batch.ts'
import { countItems } from '../../../telemetry/count.ts'
import type { Path } from '../../../transport/arguments.ts'
import { deliver, shorter, shown } from '../../../transport/deliver.ts'
import type { Attempt } from '../../../transport/destination.ts'
import { signer } from '../../../transport/sigv4.ts'
import { encodeRemoteWrite2, type Families } from '../../../wire/remote-write-2-encode.ts'
import { encodeSnappy } from '../../../wire/snappy.ts'
import { v1Message, v2Message, type Message } from './messages.ts'
import type { EndpointArgs } from './remote-args.ts'
import { requestHeaders } from './request-headers.ts'
import { writtenIn } from './written.ts'

/** A request that arrived: its size as sent, and how many of its samples the receiver says that it has not written. */
export interface Posted { readonly bytes: number; readonly missing: number }

/** How long a receiver that does not know 2.0 is not asked again. */
const settledMs = 60 * 60_000

/**
 * Sends batches, each as one request: in 2.0 where the arguments say so, and in 1.0 as soon as the receiver answers 415 to that, which
 * is remembered within the isolate. `families` is the metadata of series for 2.0. Throws ArgumentError for what cannot work; what it
 * answers rejects with a ConsumeError.
 */
export function sender(args: EndpointArgs, { url, basic }: { url: string; basic: string | undefined }, families: Families | undefined, path: Path) {
  const { remote_timeout, queue_config: { retry_on_http_429 } } = args
  const headersOf = requestHeaders(args, basic, path)
  const sign = args.sigv4 === undefined ? undefined : signer(args.sigv4, [...path, 'sigv4'])
  const retryableStatus = (status: number) => status >= 500 || (status === 429 && retry_on_http_429)
  const encoders: Record<Message, (batch: PrometheusBatch) => Uint8Array> = {
    [v1Message]: batch => batch.bytes,
    [v2Message]: batch => encodeRemoteWrite2(batch.bytes, families),
  }
  let plainUntilMs = -Infinity

  /** One request; `unsupported` for 415. */
  const post = async (message: Message, batch: PrometheusBatch, call: Call, attempt: Attempt): Promise<Posted | 'too large' | 'unsupported'> => {
    const body = encodeSnappy(encoders[message](batch))
    const headers = await headersOf.make(message, call)
    await sign?.(url, headers, body, call)
    const items = countItems(batch)
    let refusal: { status: number; headers: Headers } | undefined
    try {
      const answer = await deliver(call, {
        url, body, headers, timeoutMs: shorter(remote_timeout, attempt.timeoutMs), attempt: attempt.number, retryableStatus, redirect: headersOf.redirect,
        refused: (status, headers) => { refusal = { status, headers } },
      })
      if (answer === 'too large') return answer
      return { bytes: body.length, missing: message === v2Message ? unwritten(answer.headers, items, url) : 0 }
    } catch (error) {
      if (refusal === undefined || !(error instanceof ConsumeError)) throw error
      if (refusal.status === 415 && message === v2Message) return 'unsupported'
      const written = message === v2Message ? writtenIn(refusal.headers) : undefined
      if (written === undefined) throw error
      throw permanent(error.message, { status: error.status, rejected: Math.max(0, items - written.items), cause: error })
    }
  }

  return async (batch: PrometheusBatch, call: Call, attempt: Attempt): Promise<Posted | 'too large'> => {
    const wanted = args.protobuf_message === v2Message && call.now() >= plainUntilMs ? v2Message : v1Message
    const first = await post(wanted, batch, call, attempt)
    if (first !== 'unsupported') return first
    const second = await post(v1Message, batch, call, attempt)
    // 1.0 is never unsupported, only refused.
    if (second === 'unsupported') throw permanent(`${shown(url)} answered 415`)
    plainUntilMs = call.now() + settledMs
    call.log('warn', 'the destination does not take remote-write 2.0: it gets 1.0', { url: shown(url), for_ms: settledMs })
    return second
  }
}

/** How many of `items` a 2.0 answer leaves out of what was written. One that confirms nothing at all comes from a receiver that read it as 1.0. */
function unwritten(headers: Headers, items: number, url: string): number {
  const { items: written, exemplars } = writtenIn(headers) ?? { items: 0, exemplars: 0 }
  if (written + exemplars > 0) return Math.max(0, items - written)
  throw permanent(`${shown(url)} answered success, but says that none of ${items} samples was written: it may know remote-write 1.0 only`, { status: 500 })
}
