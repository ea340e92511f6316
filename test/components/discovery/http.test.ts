import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import http from '../../../src/components/discovery/http.ts'
import { fakeCall, type Answer } from '../../support/call.ts'
import { buildComponent } from '../../support/component.ts'
import { found } from '../../support/targets.ts'

const url = 'http://sd.test/targets?team=a'
const answer = (body: unknown, type = 'application/json', status = 200): Answer =>
  () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers: { 'content-type': type } })
const run = (fetch: Answer, more = '') => found(buildComponent(http, `url = ${JSON.stringify(url)}\n${more}`), fakeCall({ fetch }))

describe('discovery.http', () => {
  it('finds the targets of all groups, with their labels and where the list was', async () => {
    const groups = [{ targets: ['a:9100', 'b:9100'], labels: { job: 'node', __meta_rack: '7' } }, { targets: [] }, { targets: ['c:1'] }]
    assert.deepEqual(await run(answer(groups, 'application/json; charset="utf-8"')), [
      { __address__: 'a:9100', __meta_rack: '7', __meta_url: url, job: 'node' },
      { __address__: 'b:9100', __meta_rack: '7', __meta_url: url, job: 'node' },
      { __address__: 'c:1', __meta_url: url },
    ])
  })

  it('asks as Prometheus does, with its credentials', async () => {
    const call = fakeCall({ fetch: answer([]) })
    const component = buildComponent(http, `url = "http://user:p%40ss@sd.test/t"\nrefresh_interval = "90s"\nhttp_headers = { "X-Scope" = ["a"] }`)
    assert.equal(component.refresh!.everyMs, 90_000)
    await found(component, call)
    const { url: asked, method, headers } = call.requests[0]!
    assert.deepEqual([method, asked], ['GET', 'http://sd.test/t'])
    assert.deepEqual(['accept', 'x-prometheus-refresh-interval-seconds', 'x-scope', 'authorization'].map(name => headers.get(name)),
      ['application/json', '90', 'a', `Basic ${btoa('user:p@ss')}`])
  })

  const wrong: [string, Answer, RegExp][] = [
    ['another status', answer('gone', 'text/plain', 404), /^Error: http:\/\/sd\.test\/targets answered 404: gone$/],
    ['another content type', answer('[]', 'text/plain'), /content type "text\/plain"; only application\/json is read/],
    ['a parameter that is no charset', answer('[]', 'application/json; version=1'), /only application\/json is read/],
    ['what is no JSON', answer('[{'), /answered what is no JSON/],
    ['no list', answer({ targets: [] }), /there should be a list of target groups/],
    ['no group', answer([{ targets: ['a'] }, null]), /group 2 is no object/],
    ['an unknown field', answer([{ target: ['a'] }]), /group 1 has an unknown field "target"/],
    ['a target that is no string', answer([{ targets: [1] }]), /the targets of group 1 are no list of strings/],
    ['a label that is no string', answer([{ targets: [], labels: { port: 1 } }]), /label "port" of group 1 is no string/],
    ['a connection that fails', () => { throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }) }, /could not be asked: connect ECONNREFUSED/],
  ]
  for (const [what, fetch, error] of wrong) it(`fails at ${what}, so that the last list stays`, async () => { await assert.rejects(run(fetch), error) })

  it('takes label names that mean something to JavaScript for what they are', async () => {
    assert.deepEqual(await run(answer('[{"targets":["a"],"labels":{"__proto__":"x","constructor":"y"}}]')), [
      JSON.parse(`{"__address__":"a","__meta_url":${JSON.stringify(url)},"__proto__":"x","constructor":"y"}`),
    ])
  })

  it('refuses what cannot work', () => {
    assert.throws(() => buildComponent(http, 'url = "sd.test/targets"'), /not an absolute URL/)
    assert.throws(() => buildComponent(http, 'url = "http://a"\nrefresh_interval = "0s"'), /refresh_interval must be greater than 0/)
    assert.throws(() => buildComponent(http, 'url = "http://a"\nbearer_token = "a"\nbasic_auth { username = "b" }'), /exclude each other/)
  })
})
