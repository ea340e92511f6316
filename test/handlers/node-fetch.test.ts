import { after, before, describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nodeFetch } from '../../src/handlers/node-fetch.ts'
import { utf8 } from '../../src/lib/bytes.ts'

const body = utf8('some bytes')
const post = (url: string, init: RequestInit = {}) => nodeFetch(url, { method: 'POST', body: body as BodyInit, ...init })

describe('nodeFetch', () => {
  /** How each path answers, once the request has been read. */
  const answers: Record<string, (request: IncomingMessage & { text: string }, answer: ServerResponse) => void> = {
    '/echo': ({ method, headers, text }, answer) => answer.writeHead(200, [['x-a', '1'], ['x-a', '2']].flat()).end(JSON.stringify({ method, text, type: headers['content-type'], length: headers['content-length'] })),
    '/none': (_, answer) => answer.writeHead(204).end(),
    '/long': (_, answer) => answer.writeHead(503, { 'content-length': 200_000 }).end('x'.repeat(200_000)),
    '/chunked': (_, answer) => {
      answer.write('a')
      answer.end('b')
    },
    '/moved': (_, answer) => answer.writeHead(307, { location: '/echo' }).end(),
    '/other': (_, answer) => answer.writeHead(303, { location: '/got' }).end(),
    '/got': ({ method, headers, text }, answer) => answer.end(JSON.stringify([method, text, headers['content-type'] ?? null])),
    '/elsewhere': (_, answer) => answer.writeHead(308, { location: `${base.replace('127.0.0.1', 'localhost')}/secret` }).end(),
    '/secret': ({ headers, text }, answer) => answer.end(JSON.stringify([text, headers.authorization ?? null, headers['x-kept']])),
    '/around': (_, answer) => answer.writeHead(307, { location: '/around' }).end(),
    '/torn': (_, answer) => {
      answer.writeHead(200, { 'content-length': 10 }).write('half')
      setImmediate(() => answer.destroy())
    },
    '/reset': ({ socket }) => socket.destroy(),
    '/never': () => undefined,
  }
  const server = createServer((request, answer) => {
    let text = ''
    request.on('data', part => { text += String(part) }).once('end', () => { answers[request.url!]!(Object.assign(request, { text }), answer) })
  })
  let base = ''
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.close()
    server.closeAllConnections()
  })

  it('posts bytes with their length and the headers given, and answers as fetch does', async () => {
    for (const [fetched, how] of [[await post(`${base}/echo`, { headers: new Headers({ 'Content-Type': 'a/b' }) }), 'short'], [await nodeFetch(`${base}/echo`, { method: 'POST', body: 'some bytes', headers: { 'content-type': 'a/b' } }), 'fetch']] as const) {
      assert.equal(fetched.status, 200, how)
      assert.equal(fetched.headers.get('x-a'), '1, 2', how)
      assert.deepEqual(await fetched.json(), { method: 'POST', text: 'some bytes', type: 'a/b', length: '10' }, how)
    }
  })

  it('answers without a body, with a long one and with one of unknown length', async () => {
    const none = await post(`${base}/none`)
    assert.deepEqual([none.status, none.body], [204, null])
    const long = await post(`${base}/long`)
    assert.deepEqual([long.status, (await long.text()).length], [503, 200_000])
    assert.equal(await (await post(`${base}/chunked`)).text(), 'ab')
  })

  it('a long answer need not be read to its end', async () => {
    const reader = (await post(`${base}/long`)).body!.getReader()
    assert.ok((await reader.read()).value!.length > 0)
    await reader.cancel()
  })

  it('follows redirects unless told not to', async () => {
    assert.deepEqual(await (await post(`${base}/moved`)).json(), { method: 'POST', text: 'some bytes', length: '10' })
    assert.deepEqual(await (await post(`${base}/other`, { headers: { 'content-type': 'a/b' } })).json(), ['GET', '', null])
    assert.deepEqual(await (await post(`${base}/elsewhere`, { headers: { 'authorization': 'Basic x', 'x-kept': 'y' } })).json(), ['some bytes', null, 'y'])
    await assert.rejects(post(`${base}/around`), /fetch failed/)
    const manual = await post(`${base}/moved`, { redirect: 'manual' })
    assert.deepEqual([manual.status, manual.headers.get('location')], [307, '/echo'])
  })

  it('fails with the cause where there is no answer, or half of one', async () => {
    await assert.rejects(post(`${base}/torn`))
    await assert.rejects(post(`${base}/reset`), TypeError)
    await assert.rejects(post('http://127.0.0.1:1/'), (error: Error) => error instanceof TypeError && /ECONNREFUSED/.test((error.cause as Error).message))
    await assert.rejects(async () => post('no url'), TypeError)
  })

  it('ends with the reason of its signal', async () => {
    const reason = new Error('enough')
    const aborter = new AbortController()
    const under = post(`${base}/never`, { signal: aborter.signal })
    setImmediate(() => { aborter.abort(reason) })
    await assert.rejects(under, reason)
    await assert.rejects(post(`${base}/echo`, { signal: AbortSignal.abort(reason) }), reason)
  })
})
