/** Targets that mean no good, or fare badly: bounded time and memory, the reason in the status, neighbours unharmed. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { compress } from '../../../../../src/wire/compression.ts'
import { maxPageBytes } from '../../../../../src/components/prometheus/_shared/scrape/fetch-page.ts'
import type { SentRequest } from '../../../../support/call.ts'
import { page, scraper, split } from '../../../../support/scrape.ts'

const one = 'targets = [{"__address__" = "a:1"}]\nscrape_interval = "15s"'
const redirect = (to: string, status = 302) => new Response(null, { status, headers: { location: to } })

/** The report and the last error of the first scrape of `a:1`. */
async function failed(answer: (request: SentRequest, index: number) => Response | Promise<Response>, config = '', egress?: readonly string[]) {
  const world = scraper(`${one}\n${config}`, answer, egress === undefined ? {} : { call: { egress } })
  const { samples, report } = split(await world.tick())
  assert.deepEqual([samples, report['up']], [[], '0'])
  return { ...world, report, error: String((await world.statuses())[0]!['lastError']) }
}

/** A body that never ends; how much of it was taken. */
function endless(piece: Uint8Array) {
  const taken = { bytes: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      taken.bytes += piece.length
      controller.enqueue(piece)
    },
    cancel() { taken.cancelled = true },
  }, { highWaterMark: 0 })
  return { body, taken }
}

describe('hostile targets', () => {
  // The timers of AbortSignal keep no process alive, and here nothing else does.
  let alive: NodeJS.Timeout
  before(() => { alive = setInterval(() => undefined, 1000) })
  after(() => { clearInterval(alive) })

  it('who never answer, or begin and never go on', async () => {
    const never = await failed(() => new Promise<Response>(() => undefined), 'scrape_timeout = "20ms"')
    assert.equal(never.error, 'Get "http://a:1/metrics": context deadline exceeded')
    const stuck = await failed(() => new Response(new ReadableStream({ start: controller => { controller.enqueue(new Uint8Array(3)) } })), 'scrape_timeout = "20ms"')
    assert.equal(stuck.error, 'Get "http://a:1/metrics": context deadline exceeded')
  })

  it('who never end, with and without a limit', async () => {
    const { body, taken } = endless(new Uint8Array(1 << 16).fill(0x23))
    const { error, report } = await failed(() => new Response(body), 'extra_metrics = true')
    assert.equal(error, 'body size limit exceeded')
    assert.equal(report['scrape_body_size_bytes'], '-1')
    assert.ok(taken.bytes <= maxPageBytes + (2 << 16) && taken.cancelled)
    const small = endless(new Uint8Array(100).fill(0x23))
    assert.equal((await failed(() => new Response(small.body), 'body_size_limit = "1KiB"')).error, 'body size limit exceeded')
    assert.ok(small.taken.bytes <= 1200)
  })

  it('who send gzip bombs', async () => {
    const bomb = await compress('gzip', new Uint8Array(maxPageBytes + 1000))
    const { error } = await failed(() => new Response(bomb as BodyInit, { headers: { 'content-encoding': 'gzip', 'content-type': 'text/plain' } }))
    assert.equal(error, 'body size limit exceeded')
    const cut = await failed(() => new Response(bomb.slice(0, 1000) as BodyInit, { headers: { 'content-encoding': 'gzip' } }))
    assert.match(cut.error, /^Get "http:\/\/a:1\/metrics": gzip/)
  })

  it('reads honest gzip', async () => {
    const body = await compress('gzip', new TextEncoder().encode('x 1\n'))
    const { tick } = scraper(one, () => new Response(body as BodyInit, { headers: { 'content-encoding': 'gzip', 'content-type': 'text/plain' } }))
    assert.equal(split(await tick()).samples.length, 1)
  })

  it('who have too many series', async () => {
    const long = 'x'.repeat(9000)
    const many = Array.from({ length: 6000 }, (_, i) => `x{a="${i}"} 1\n`).join('')
    const { error } = await failed(() => page(many), `job_name = "${long}"`)
    assert.match(error, /^the series of the page take more than 50331648 bytes; set sample_limit/)
  })

  it('who name no format that there is', async () => {
    const html = await failed(() => page('x 1\n', 'text/html'), 'scrape_fallback_protocol = ""')
    assert.equal(html.error, 'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target')
    const blank = await failed(() => new Response(new TextEncoder().encode('x 1\n') as BodyInit), 'scrape_fallback_protocol = ""')
    assert.match(blank.error, /^non-compliant scrape target sending blank Content-Type/)
    const broken = await failed(() => page('x 1\n', 'text/plain; ='), 'scrape_fallback_protocol = ""')
    assert.match(broken.error, /^cannot parse Content-Type "text\/plain; ="/)
    const wrong = await failed(() => page('x 1\n', 'application/openmetrics-text'))
    assert.match(wrong.error, /data does not end with # EOF/)
  })

  it('who redirect to where they should not', async () => {
    const hosts = ['http://169.254.169.254/latest/meta-data', 'http://0xa9fea9fe/', 'http://[::ffff:10.0.0.1]/', 'http://localhost/', '//127.1/']
    for (const to of hosts) {
      const { error, call } = await failed(() => redirect(to), '', ['a'])
      assert.match(error, /is not asked from the cloud; SLUICE_EGRESS_ALLOW can allow it$/, to)
      assert.equal(call.requests.length, 1)
    }
    assert.match((await failed(() => redirect('file:///etc/passwd'))).error, /which is not followed/)
    assert.match((await failed(() => redirect('http://alloy.internal:12345/metrics'))).error, /which is not followed/)
    assert.match((await failed(() => redirect('http://[/'))).error, /failed to parse Location header/)
    assert.match((await failed(() => redirect('/again'))).error, /stopped after 10 redirects$/)
    assert.equal((await failed(() => redirect('/x'), 'follow_redirects = false')).error, 'server returned HTTP status 302 Found')
  })

  it('are refused where the address itself is inside', async () => {
    const { error, call } = await failed(() => page('x 1\n'), '', [])
    assert.equal(error, 'a is a name inside the platform, which is not asked from the cloud; SLUICE_EGRESS_ALLOW can allow it')
    assert.equal(call.requests.length, 0)
  })

  it('get no credentials that are for another', async () => {
    const { tick, call } = scraper(`${one}\nbearer_token = "secret"`, ({ url }) => (url === 'http://a:1/metrics' ? redirect('/x') : url === 'http://a:1/x' ? redirect('http://b:1/') : page('x 1\n')))
    assert.equal(split(await tick()).samples.length, 1)
    assert.deepEqual(call.requests.map(({ url, headers }) => [url, headers.get('authorization')]), [
      ['http://a:1/metrics', 'Bearer secret'], ['http://a:1/x', 'Bearer secret'], ['http://b:1/', null],
    ])
  })

  it('harm no neighbours', async () => {
    const { tick } = scraper(`targets = [${'abcdefghij'.split('').map(host => `{"__address__" = "${host}:1"}`).join(', ')}]\nscrape_timeout = "50ms"`,
      ({ url }) => (/[a-e]:1/.test(url) ? new Promise<Response>(() => undefined) : page('x 1\n')))
    const lines = await tick()
    assert.deepEqual(lines.filter(line => line.startsWith('up{')).map(line => `${line[13]}${line.split(' ').at(-2)}`).sort(), ['a0', 'b0', 'c0', 'd0', 'e0', 'f1', 'g1', 'h1', 'i1', 'j1'])
  })
})
