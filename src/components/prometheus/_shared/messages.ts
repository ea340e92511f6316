/** The messages of the remote-write protocols, as Content-Type names them. */

import { HttpError } from '../../../transport/receive.ts'

export const v1Message = 'prometheus.WriteRequest'
export const v2Message = 'io.prometheus.write.v2.Request'
export type Message = typeof v1Message | typeof v2Message

const mediaType = 'application/x-protobuf'

/** The message that a request says it holds; without a Content-Type it is 1.0, for old senders. Throws HttpError 415. */
export function messageOf(request: Request, accepted: readonly string[]): Message {
  const contentType = request.headers.get('content-type') || mediaType
  const [type, ...parameters] = contentType.split(';').map(part => part.trim())
  if (type!.toLowerCase() !== mediaType) throw new HttpError(415, `expected ${mediaType} as the first (media) part, got ${contentType} content-type`)
  const pairs = parameters.map(parameter => parameter.split('='))
  const odd = pairs.findIndex(pair => pair.length !== 2)
  if (odd >= 0) throw new HttpError(415, `expected parameters to be key-values, got ${parameters[odd]} in ${contentType} content-type`)
  const proto = pairs.find(([name]) => name === 'proto')?.[1] ?? v1Message
  if (proto !== v1Message && proto !== v2Message) {
    throw new HttpError(415, `got ${contentType} content type; unknown type for remote write protobuf message ${proto}, supported: ${v1Message}, ${v2Message}`)
  }
  if (!accepted.includes(proto)) throw new HttpError(415, `${proto} protobuf message is not accepted by this server; only ${accepted.join(', ')} is acceptable`)
  return proto
}
