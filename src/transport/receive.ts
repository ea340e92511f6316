/** What every HTTP receiver shares: bodies that are read within their limits, and refusals with a status. */

import type { Call } from '../components/contract/call.ts'
import { ConsumeError } from '../components/contract/errors.ts'
import { concat } from '../lib/bytes.ts'
import { TooLargeError, decompress } from '../wire/compression.ts'
import { WireError } from '../wire/error.ts'

/** A request that a receiver refuses; each receiver words the answer in its own protocol. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, options: { headers?: Readonly<Record<string, string>>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.status = status
    this.headers = options.headers ?? {}
  }
}

export interface BodyRules {
  /** The most bytes a body may have, as sent and again once decompressed. */
  readonly limit: number
  /** Content codings accepted besides none, as the Content-Encoding header names them. */
  readonly encodings: readonly string[]
  /** Status for a coding that is not accepted: 415 unless the protocol's own server answers otherwise. */
  readonly unknownEncoding?: number
}

/** The request's body, decompressed. Throws HttpError: 413 past the limit (counted while reading), 415 unknown coding, 400 damaged. */
export async function readBody(request: Request, { limit, encodings, unknownEncoding = 415 }: BodyRules): Promise<Uint8Array> {
  const encoding = (request.headers.get('content-encoding') ?? '').trim().toLowerCase()
  const coded = encoding !== '' && encoding !== 'identity'
  if (coded && !encodings.includes(encoding)) {
    const accepted = encodings.filter(name => name !== '').join(', ')
    throw new HttpError(unknownEncoding, `Content-Encoding ${JSON.stringify(encoding)} is not supported; send it plain or as one of: ${accepted}`)
  }
  const raw = await readAll(request, limit)
  if (!coded) return raw
  try {
    return await decompress(encoding, raw, limit)
  } catch (error) {
    if (error instanceof TooLargeError) throw tooLarge(limit, `once decompressed (${encoding})`, error)
    if (error instanceof WireError) throw new HttpError(400, `the body cannot be decompressed: ${error.message}`, { cause: error })
    throw error
  }
}

/**
 * The raw bytes of a body. A declared length is what the platform's HTTP server holds the sender to, and lets it read the whole at a
 * third of the cost of a stream; without one the bytes are counted while they arrive, so that we never hold more than `limit`.
 */
async function readAll(request: Request, limit: number): Promise<Uint8Array> {
  const length = request.headers.get('content-length')
  const declared = length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined
  if (declared !== undefined && declared <= limit) {
    const whole = new Uint8Array(await request.arrayBuffer())
    if (whole.length > limit) throw tooLarge(limit, 'as sent')
    return whole
  }
  const reader = request.body?.getReader()
  if (reader === undefined) return new Uint8Array(0)
  if (declared !== undefined) {
    await discard(reader, declared > 2 * limit ? 0 : declared)
    throw tooLarge(limit, 'by its Content-Length')
  }
  return readCounted(reader, limit)
}

async function readCounted(reader: ReadableStreamDefaultReader<Uint8Array>, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return parts.length === 0 ? new Uint8Array(0) : concat(parts)
    length += value.length
    if (length > limit) {
      await discard(reader, limit)
      throw tooLarge(limit, 'as sent')
    }
    parts.push(value)
  }
}

/** Many clients listen only when they have sent everything, so what is somewhat too large is taken in to be heard, and thrown away. */
async function discard(reader: ReadableStreamDefaultReader<Uint8Array>, atMost: number): Promise<void> {
  for (let length = 0; length < atMost;) {
    const { done, value } = await reader.read()
    if (done) return
    length += value.length
  }
  await reader.cancel()
}

const tooLarge = (limit: number, how: string, cause?: unknown) =>
  new HttpError(413, `the body is larger than the limit of ${limit} bytes ${how}; send smaller batches`, { cause })

/**
 * What a receiver answers when the graph did not take a batch: the status, the text, and `Retry-After` where the sender should wait.
 * Anything that is not about the data is our own bug and is thrown on, for the handler to log.
 */
export function refusal(error: unknown): { status: number; message: string; headers: Record<string, string>; retryAfterMs: number | undefined } {
  if (error instanceof HttpError) return { status: error.status, message: error.message, headers: { ...error.headers }, retryAfterMs: undefined }
  if (!(error instanceof ConsumeError)) throw error
  const { status, message, retryAfterMs } = error
  const seconds = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000))
  return { status, message, headers: seconds === undefined ? {} : { 'retry-after': String(seconds) }, retryAfterMs }
}

/** A receiver's handler in which thrown HttpErrors and ConsumeErrors become what `answer` words. */
export const guarded = (
  handle: (request: Request, call: Call) => Promise<Response>,
  answer: (status: number, message: string, headers: Record<string, string>, request: Request, retryAfterMs?: number) => Response,
) => async (request: Request, call: Call): Promise<Response> => {
  try {
    return await handle(request, call)
  } catch (error) {
    const { status, message, headers, retryAfterMs } = refusal(error)
    call.log(status >= 500 ? 'warn' : 'debug', 'request refused', { status, err: message })
    return answer(status, message, headers, request, retryAfterMs)
  }
}

/** The request's media type in lower case without parameters; empty when there is none. */
export const mediaType = (request: Request): string => (request.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
