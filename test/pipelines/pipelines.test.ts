/**
 * Whole configurations, a `.txtar` file each: config.alloy, what comes in, and everything that goes out. `UPDATE=1 npm run test:only
 * test/pipelines` rewrites what goes out; read the diff.
 *
 *     -- config.alloy --        the configuration
 *     -- env --                 NAME=value lines
 *     -- in/1 --                a request: `POST /path`, headers, an empty line, the body
 *                               (`Body: remote-write` makes a remote-write body of lines `name{a="b"} value @milliseconds`),
 *                               or `tick 15s`: so much time passes, and then what is due is done
 *     -- http://host/path --    what a target answers to each request for it, in order; the last one again and again
 *     -- destination --         what destinations answer, in order: a status a line, with headers behind it; 200 when there is none left
 *     -- out/... --             generated: answers, requests to destinations, printed lines, diagnostics
 */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { lookup } from '../../src/cli/compile.ts'
import { compile } from '../../src/graph/compile/compile.ts'
import type { Pace } from '../../src/graph/run/clock.ts'
import { clockWork } from '../../src/graph/run/clocks.ts'
import { Graph } from '../../src/graph/run/graph.ts'
import { createApp } from '../../src/handlers/http/app.ts'
import { renderDiagnostics } from '../../src/language/diagnostics.ts'
import { stdlib } from '../../src/language/stdlib/index.ts'
import { open } from '../../src/state/open.ts'
import { fakeHost } from '../support/graph.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { parseDuration } from '../../src/lib/duration.ts'
import { remoteWriteBody, shownBody } from '../support/messages.ts'
import { parseTxtar, printTxtar, type TxtarFile } from '../support/txtar.ts'
import { catalog } from '../../src/components/catalog.gen.ts'

const folder = import.meta.dirname
const update = process.env.UPDATE === '1'

describe('pipelines', () => {
  for (const name of readdirSync(folder).filter(file => file.endsWith('.txtar')).sort()) {
    it(name, async () => {
      const file = path.join(folder, name)
      const { comment, files } = parseTxtar(readFileSync(file, 'utf8'))
      const given = files.filter(part => !part.name.startsWith('out/'))
      const out = await runCase(given)
      if (update) writeFileSync(file, printTxtar({ comment, files: [...given, ...out] }))
      const expected = update ? out : files.filter(part => part.name.startsWith('out/'))
      assert.equal(printTxtar({ comment: '', files: out }), printTxtar({ comment: '', files: expected }))
      assert.ok(out.length > 0, 'nothing came out')
    })
  }
})

/** What is due by now, at once. */
const pace: Pace = { stretch: () => ({ aheadMs: 0, lengthMs: 1 }), lookMs: 1, minShards: 1, maxShards: 1 }

async function runCase(files: readonly TxtarFile[]): Promise<TxtarFile[]> {
  const part = (name: string) => files.find(candidate => candidate.name === name)?.content ?? ''
  const env = Object.fromEntries(part('env').split('\n').filter(line => line.includes('=')).map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
  const text = part('config.alloy')
  const compiled = await compile([{ file: 'config.alloy', text }], { lookup, names: Object.keys(catalog), functions: stdlib(name => env[name]), stability: 'experimental' })
  const out: TxtarFile[] = []
  if (compiled.diagnostics.length > 0) out.push({ name: 'out/diagnostics', content: renderDiagnostics(compiled.diagnostics, () => text) })
  if (compiled.plan === undefined) return out

  const answers = part('destination').split('\n').filter(line => line.trim() !== '')
  const requests: string[] = []
  const pages = files.filter(({ name }) => /^https?:/.test(name))
  const page = (url: string) => {
    const found = pages.find(({ name }) => name === url)
    if (found !== undefined && pages.filter(({ name }) => name === url).length > 1) pages.splice(pages.indexOf(found), 1)
    const type = /^[[{]/.test(found?.content ?? '') ? 'application/json' : 'text/plain; version=0.0.4'
    return found && new Response(found.content, { headers: { 'content-type': type } })
  }
  const { host, world } = fakeHost({
    env,
    files: Object.fromEntries(files.map(({ name, content }) => [name, content])),
    fetch: async (url, init) => {
      const request = new Request(url, init)
      const body = new Uint8Array(await request.arrayBuffer())
      const headers = [...request.headers].map(([key, value]) => `${key}: ${value}`)
      requests.push([`${request.method} ${url}`, ...headers, '', await shownBody(url, request.headers, body)].join('\n'))
      const answer = page(url)
      if (answer !== undefined) return answer
      const [status = '200', ...more] = (answers.shift() ?? '').split(' ').filter(word => word !== '')
      return new Response(null, { status: Number(status), headers: Object.fromEntries(more.map(header => header.split('=') as [string, string])) })
    },
  })
  const components = Object.fromEntries(await Promise.all(compiled.components.map(async name => [name, (await lookup(name))!] as const)))
  const openers = Object.fromEntries((['queue', 'cell', 'window', 'lease', 'gate'] as const).map(kind => [kind, open]))
  const graph = new Graph({ plan: compiled.plan, components, functions: stdlib, openers, clockWork }, host)
  const app = createApp(graph)
  for (const { name, content } of files.filter(file => file.name.startsWith('in/'))) {
    const ms = /^tick (\S+)/.exec(content)?.[1]
    if (ms !== undefined) {
      world.nowMs += parseDuration(ms)
      const { signal } = new AbortController()
      await Promise.all([graph.tick(signal), graph.drain(signal, { woken: true })])
      await graph.beat({ pace, hand: orders => Promise.all(orders.map(order => graph.round(order, signal))) }, signal)
      continue
    }
    const response = await app.fetch(toRequest(content), { incoming: { address: '192.0.2.1' } })
    out.push({ name: name.replace('in/', 'out/'), content: await shownResponse(response) })
  }
  if (requests.length > 0) out.push({ name: 'out/requests', content: requests.join('\n\n').trimEnd() })
  if (world.printed.length > 0) out.push({ name: 'out/printed', content: world.printed.join('\n') })
  if (world.logged.length > 0) out.push({ name: 'out/log', content: world.logged.join('\n') })
  return out
}

function toRequest(content: string): Request {
  const [head = '', ...rest] = content.split('\n\n')
  const [start = '', ...lines] = head.trim().split('\n')
  const [method = '', target = ''] = start.split(' ')
  const headers = new Headers(lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as [string, string]))
  const kind = headers.get('body')
  headers.delete('body')
  const text = rest.join('\n\n').trimEnd()
  const body = kind === 'remote-write' ? remoteWriteBody(text) : utf8(text)
  return new Request(`http://sluice.test${target}`, { method, headers, ...(method === 'POST' && { body: body as BodyInit }) })
}

async function shownResponse(response: Response): Promise<string> {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`)
  return [`${response.status}`, ...headers, '', await response.text()].join('\n').trimEnd()
}
