/** Requests as tests need them: any method, header and body, on a connection of its own, and the answer whole. */

import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

export interface Reply {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly text: string
}

/** A POST where there is a body, otherwise a GET, unless said otherwise. */
export function ask(url: string, { method, headers = {}, body }: Question = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: method ?? (body === undefined ? 'GET' : 'POST'), headers: { ...headers }, agent: false }, response => {
      buffer(response).then(bytes => {
        const all = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
        resolve({ status: response.statusCode!, headers: all, body: new Uint8Array(bytes), text: bytes.toString() })
      }, reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

export const basic = (user: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` })
