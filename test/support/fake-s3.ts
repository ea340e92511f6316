/**
 * As much of S3 as the store uses, in this process: conditional writes and deletes, ranges, lists in pages, and the faults that
 * the real one has. Path-style addresses: `http://127.0.0.1:<port>/<bucket>/<key>`.
 */

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What may happen to a request: refused with a status before its effect, its answer dropped after or late, or only part of it done. */
export type S3Fault =
  | { kind: 'refuse'; status: number; code: string }
  | { kind: 'drop' }
  | { kind: 'reset' }
  | { kind: 'late'; ms: number }
  /** Of the keys to delete, the first is deleted and the others are not. */
  | { kind: 'partial' }

export interface FakeS3 {
  readonly endpoint: string
  readonly objects: Map<string, { bytes: Buffer; etag: string }>
  /** Requests by method and kind, such as `PUT` or `GET ?list`. */
  readonly requests: string[]
  /** The fault for a request (`GET ?list`, its path), or none. */
  fault: (what: string, path: string) => S3Fault | undefined
  /** The most keys that a page holds, whatever is asked. */
  pageSize: number
  close(): Promise<void>
}

interface Answer { status: number; headers?: Record<string, string>; body?: string | Buffer }

const xml = (text: string) => text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
const failure = (status: number, code: string): Answer => ({ status, body: `<Error><Code>${code}</Code><Message>${code} from the fake</Message></Error>` })
/** As S3 escapes keys in a list with `encoding-type=url`. */
const urlEncoded = (key: string) => encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+')

export async function fakeS3(): Promise<FakeS3> {
  const objects: FakeS3['objects'] = new Map()
  const requests: string[] = []

  const fake: FakeS3 = {
    get endpoint() { return `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    objects,
    requests,
    fault: () => undefined,
    pageSize: 1000,
    close: () => new Promise((resolve, reject) => {
      server.closeAllConnections()
      server.close(error => (error ? reject(error) : resolve()))
    }),
  }

  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy())
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray() as Buffer[])
    const [path = '', query = ''] = (request.url ?? '').split('?')
    const search = new URLSearchParams(query)
    const [, , ...rest] = path.split('/')
    const key = decodeURIComponent(rest.join('/'))
    const what = request.method! + (search.has('list-type') ? ' ?list' : search.has('delete') ? ' ?delete' : '')
    requests.push(what)
    const fault = fake.fault(what, key)
    if (fault?.kind === 'refuse') return reply(response, failure(fault.status, fault.code))
    if (fault?.kind === 'reset') return void response.destroy()
    if (fault?.kind === 'late') await new Promise(resolve => setTimeout(resolve, fault.ms))
    const answer = handle(what, key, request.headers, body, search, fault?.kind === 'partial')
    if (fault?.kind === 'drop') return void response.destroy()
    reply(response, answer)
  }

  function handle(what: string, key: string, headers: IncomingMessage['headers'], body: Buffer, search: URLSearchParams, partial: boolean): Answer {
    const present = objects.get(key)
    const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch, range } = headers
    switch (what) {
      case 'PUT': {
        if (ifNoneMatch === '*' && present !== undefined) return failure(412, 'PreconditionFailed')
        if (ifMatch !== undefined && present === undefined) return failure(404, 'NoSuchKey')
        if (ifMatch !== undefined && present!.etag !== ifMatch) return failure(412, 'PreconditionFailed')
        const etag = `"${createHash('md5').update(body).digest('hex')}"`
        objects.set(key, { bytes: body, etag })
        return { status: 200, headers: { etag } }
      }
      case 'GET': {
        if (present === undefined) return failure(404, 'NoSuchKey')
        if (ifNoneMatch === present.etag) return { status: 304, headers: { etag: present.etag } }
        const tail = /^bytes=-(\d+)$/.exec(range ?? '')?.[1]
        if (tail === undefined) return { status: 200, headers: { etag: present.etag }, body: present.bytes }
        return { status: 206, headers: { etag: present.etag }, body: present.bytes.subarray(Math.max(0, present.bytes.length - Number(tail))) }
      }
      case 'DELETE': {
        if (ifMatch !== undefined && present?.etag !== ifMatch) return present === undefined ? failure(404, 'NoSuchKey') : failure(412, 'PreconditionFailed')
        objects.delete(key)
        return { status: 204 }
      }
      case 'POST ?delete': {
        const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, escaped = '']) => unxml(escaped))
        const done = partial ? 1 : keys.length
        for (const each of keys.slice(0, done)) objects.delete(each)
        const errors = keys.slice(done).map(each => `<Error><Key>${xml(each)}</Key><Code>InternalError</Code><Message>try again</Message></Error>`)
        return { status: 200, body: `<DeleteResult>${errors.join('')}</DeleteResult>` }
      }
      case 'GET ?list': return list(search)
      default: return failure(501, 'NotImplemented')
    }
  }

  function list(search: URLSearchParams): Answer {
    const prefix = search.get('prefix') ?? ''
    const after = Buffer.from(search.get('start-after') ?? '')
    const limit = Math.min(fake.pageSize, Number(search.get('max-keys') ?? 1000))
    const keys = [...objects.keys()].filter(key => key.startsWith(prefix)).map(key => Buffer.from(key))
      .filter(key => Buffer.compare(key, after) > 0).sort((a, b) => Buffer.compare(a, b)).map(key => key.toString())
    const contents = keys.slice(0, limit).map(key => {
      const { etag, bytes } = objects.get(key)!
      return `<Contents><Key>${xml(urlEncoded(key))}</Key><ETag>${xml(etag)}</ETag><Size>${bytes.length}</Size></Contents>`
    })
    return { status: 200, body: `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${keys.length > limit}</IsTruncated>${contents.join('')}</ListBucketResult>` }
  }

  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return fake
}

const unxml = (text: string) => text
  .replace(/&#x([0-9a-f]+);/gi, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)))
  .replace(/&#(\d+);/g, (_, digits: string) => String.fromCodePoint(Number(digits)))
  .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&amp;', '&')

function reply(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...(typeof body === 'string' && { 'content-type': 'application/xml' }), ...headers })
  response.end(status === 304 || status === 204 ? undefined : body)
}
