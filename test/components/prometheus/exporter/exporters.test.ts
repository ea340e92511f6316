import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import blackbox from '../../../../src/components/prometheus/exporter/blackbox.ts'
import self from '../../../../src/components/prometheus/exporter/self.ts'
import fixed from '../../../../src/components/prometheus/exporter/static.ts'
import type { Definition, Instance } from '../../../../src/components/contract/define.ts'
import { fakeCall, type FakeCallOptions } from '../../../support/call.ts'
import { buildComponent } from '../../../support/component.ts'

const exporter = (definition: Definition, text: string) => buildComponent(definition, text, {}, `${definition.name}.a`)
const targets = ({ exports }: Instance) => (exports!['targets'] as Record<string, string>[]).map(labels => ({ ...labels }))
const ask = async ({ pages }: Instance, query = '', options: FakeCallOptions = {}, headers = {}) => {
  const response = await pages!['/metrics']!(new Request(`http://alloy.internal:12345/metrics${query}`, { headers }), fakeCall(options))
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

describe('prometheus.exporter.static', () => {
  it('has a target as Alloy labels it, whose page is the text', async () => {
    const instance = exporter(fixed, 'text = "a 1\\n"')
    assert.deepEqual(targets(instance), [{
      __address__: 'alloy.internal:12345', __meta_component_id: 'prometheus.exporter.static.a', __meta_component_name: 'prometheus.exporter.static',
      __metrics_path__: '/api/v0/component/prometheus.exporter.static.a/metrics', __scheme__: 'http', instance: 'prometheus.exporter.static.a', job: 'integrations/static',
    }])
    assert.deepEqual(await ask(instance), { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text: 'a 1\n' })
  })

  it('refuses what is no exposition', () => {
    assert.throws(() => exporter(fixed, 'text = "a b c"'), { name: 'ArgumentError', message: /^failed to parse prom text: / })
    assert.throws(() => exporter(fixed, 'text = "{\\"a b\\"} 1\\n"'), /"a b" is not a metric name/)
  })
})

describe('prometheus.exporter.self', () => {
  it('shows what the collector shows', async () => {
    const instance = exporter(self, '')
    assert.equal(targets(instance)[0]!['job'], 'integrations/self')
    const asked: string[] = []
    const page = await ask(instance, '', { ask: (request) => { asked.push(request.url); return new Response('up 1\n') } })
    assert.deepEqual([asked, page.text], [['http://alloy.internal:12345/metrics'], 'up 1\n'])
  })
})

const config = `modules:
  http_2xx:
    prober: http
  strict:
    prober: http
    timeout: 2s
    http:
      method: POST
      body: hello
      headers: { X-A: b, Host: other }
      basic_auth: { username: u, password: p }
      valid_status_codes: [201]
      fail_if_body_matches_regexp: [bad]
      fail_if_body_not_matches_regexp: ["^o"]
      fail_if_header_matches: [{ header: X-Down, regexp: ".*", allow_missing: true }]
      fail_if_header_not_matches: [{ header: X-Up, regexp: "^y" }]
  plain_only:
    prober: http
    http: { fail_if_ssl: true, follow_redirects: false }
  socket:
    prober: tcp
`
const quoted = JSON.stringify(config)
const withTarget = (more = '') => `config = ${quoted}\ntarget {\n name = "shop"\n address = "https://shop.test/"\n ${more}\n}`

describe('prometheus.exporter.blackbox', () => {
  it('has a target each, whose own labels do not win', () => {
    assert.deepEqual(targets(exporter(blackbox, withTarget('module = "strict"\nlabels = { "team" = "x", "job" = "y" }'))), [{
      __address__: 'alloy.internal:12345', __meta_component_id: 'prometheus.exporter.blackbox.a', __meta_component_name: 'prometheus.exporter.blackbox',
      __metrics_path__: '/api/v0/component/prometheus.exporter.blackbox.a/metrics', __param_module: 'strict', __param_target: 'https://shop.test/', __scheme__: 'http',
      instance: 'prometheus.exporter.blackbox.a', job: 'integrations/blackbox/shop', team: 'x',
    }])
    const listed = exporter(blackbox, `config = ${quoted}\ntargets = [{"name" = "a", "__address__" = "a.test", "zone" = "z"}]`)
    assert.deepEqual([targets(listed)[0]!['__param_target'], targets(listed)[0]!['zone'], targets(listed)[0]!['name']], ['a.test', 'z', undefined])
  })

  it('probes, and says how it went', async () => {
    const { text } = await ask(exporter(blackbox, withTarget()), '?target=https://shop.test/', {
      fetch: ({ url }) => (url === 'https://shop.test/' ? new Response(null, { status: 302, headers: { location: 'http://b.test/x' } })
        : new Response('hello', { headers: { 'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT', 'content-length': '5' } })),
    })
    const values = Object.fromEntries(text.split('\n').filter(line => line !== '' && !line.startsWith('#')).map(line => line.split(' ') as [string, string]))
    assert.deepEqual(values, {
      'probe_duration_seconds': '0', 'probe_failed_due_to_regex': '0', 'probe_http_content_length': '5', 'probe_http_duration_seconds{phase="processing"}': '0',
      'probe_http_duration_seconds{phase="transfer"}': '0', 'probe_http_last_modified_timestamp_seconds': '1.7e+09', 'probe_http_redirects': '1', 'probe_http_ssl': '0',
      'probe_http_status_code': '200', 'probe_http_uncompressed_body_length': '5', 'probe_success': '1',
    })
  })

  it('sends what the module says, and judges by it', async () => {
    const sent: string[] = []
    const success = async (response: Response) => {
      const { text } = await ask(exporter(blackbox, withTarget('module = "strict"')), '?target=shop.test&module=strict', {
        fetch: ({ method, headers, body, url }) => {
          sent.push([method, url, headers.get('x-a'), headers.get('authorization'), new TextDecoder().decode(body)].join(' '))
          return response
        },
      })
      return [/probe_success (\d)/.exec(text)![1], /probe_failed_due_to_regex (\d)/.exec(text)![1]].join()
    }
    const up = { 'x-up': 'yes' }
    assert.equal(await success(new Response('ok', { status: 201, headers: up })), '1,0')
    assert.equal(sent[0], 'POST http://shop.test/ b Basic dTpw hello')
    assert.equal(await success(new Response('ok', { headers: up })), '0,0')
    assert.equal(await success(new Response('o bad', { status: 201, headers: up })), '0,1')
    assert.equal(await success(new Response('no', { status: 201, headers: up })), '0,1')
    assert.equal(await success(new Response('ok', { status: 201 })), '0,1')
    assert.equal(await success(new Response('ok', { status: 201, headers: { ...up, 'x-down': '' } })), '0,1')
  })

  it('fails where it may not go, or cannot', async () => {
    const page = async (query: string, options: FakeCallOptions) => (await ask(exporter(blackbox, withTarget()), query, options)).text
    assert.match(await page('?target=http://169.254.169.254/', { egress: [] }), /probe_success 0/)
    assert.match(await page('?target=http://x.test/', { fetch: () => { throw new Error('no route') } }), /probe_success 0/)
    assert.match(await page('?target=http://[', {}), /probe_success 0/)
    assert.match(await page('?target=http://x.test/', { fetch: () => new Response(null, { status: 302, headers: { location: '/' } }) }), /probe_http_redirects 11\n[^]*probe_success 0/)
    assert.match(await page('?target=https://x.test/&module=plain_only', { fetch: () => new Response('x') }), /probe_http_ssl 1\n[^]*probe_success 0/)
  })

  it('refuses questions that make no sense', async () => {
    const instance = exporter(blackbox, withTarget())
    assert.deepEqual([(await ask(instance)).status, (await ask(instance, '?target=a&module=none')).text, (await ask(instance, '?target=a&module=socket')).text], [
      400, 'Unknown module "none"\n', 'Unknown prober "tcp"\n',
    ])
    const file = exporter(blackbox, 'config_file = "b.yml"')
    assert.equal((await ask(file, '?target=a.test', { files: { 'b.yml': config }, fetch: () => new Response('') })).status, 200)
    assert.deepEqual(await ask(file, '?target=a', { files: { 'b.yml': 'modulez: {}' } }), {
      status: 500, type: 'text/plain;charset=UTF-8', text: 'invalid blackbox_exporter config: the configuration: field modulez is not known here\n',
    })
  })

  it('complains of what cannot work', () => {
    const refused: readonly (readonly [string, RegExp])[] = [
      ['', /config or config_file must be set/],
      [`config = ${quoted}\nconfig_file = "x"`, /mutually exclusive/],
      [`${withTarget()}\ntargets = [{"name" = "a", "address" = "b"}]`, /mutually exclusive/],
      [`config = ${quoted}\ntargets = [{"address" = "b"}]`, /all targets must have a `name`/],
      [`config = ${quoted}\ntargets = [{"name" = "b"}]`, /all targets must have an `address`/],
      [withTarget('module = "none"'), /Unknown module "none"/],
      [withTarget('module = "socket"'), /probes by tcp, for which there are no sockets here/],
      ['config = "modules: ["', /^invalid blackbox_exporter config: /],
      ['config = "modules: {a: {prober: http, http: {methd: GET}}}"', /field methd is not known here/],
      ['config = "modules: {a: {prober: http, timeout: soon}}"', /not a valid duration string: "soon"/],
      ['config = "modules: {a: {prober: http, http: {fail_if_body_matches_regexp: [\\"(\\"]}}}"', /could not compile regular expression "\("/],
      ['config = "modules: {a: {prober: http, http: {headers: {\\"a b\\": c}}}}"', /header "a b" cannot be sent/],
    ]
    for (const [text, message] of refused) assert.throws(() => exporter(blackbox, text), { name: 'ArgumentError', message }, text)
  })
})
