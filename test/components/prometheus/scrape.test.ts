import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import scrape from '../../../src/components/prometheus/scrape.ts'
import { metadataOf } from '../../../src/telemetry/prometheus.ts'
import { buildComponent, problemsOf, sink } from '../../support/component.ts'
import { page, scraper, split } from '../../support/scrape.ts'

const one = 'targets = [{"__address__" = "10.0.0.1:9100"}]\nscrape_interval = "15s"'
const labels = '{instance="10.0.0.1:9100", job="prometheus.scrape.test"'

describe('prometheus.scrape', () => {
  it('asks as Prometheus does', async () => {
    const { call, tick } = scraper(`${one}\nscrape_timeout = "2500ms"\nparams = { "module" = ["a b", "c"] }\nmetrics_path = "/federate"`, () => page('a 1\n'))
    await tick()
    const [request] = call.requests
    assert.equal(request!.url, 'http://10.0.0.1:9100/federate?module=a+b&module=c')
    assert.equal(request!.method, 'GET')
    assert.equal(request!.headers.get('accept'), 'application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.6,'
      + 'application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=underscores;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2')
    assert.equal(request!.headers.get('x-prometheus-scrape-timeout-seconds'), '2.5')
    assert.equal(request!.headers.get('accept-encoding'), 'gzip')
  })

  it('asks for protobuf first where native histograms are wanted, and with credentials', async () => {
    const { call, tick } = scraper(`${one}\nscrape_native_histograms = true\nenable_compression = false\nbasic_auth {\n username = "u"\n password = "p"\n}`, () => page('a 1\n'))
    await tick()
    const { headers } = call.requests[0]!
    assert.match(headers.get('accept')!, /^application\/vnd\.google\.protobuf;proto=io\.prometheus\.client\.MetricFamily;encoding=delimited;q=0\.6,/)
    assert.equal(headers.get('authorization'), 'Basic dTpw')
    assert.equal(headers.get('accept-encoding'), 'identity')
  })

  it('writes samples under their own and their target\'s labels, types, and how it went', async () => {
    const { tick, batches } = scraper(one, () => page('# HELP a How many.\n# TYPE a counter\na{job="x",z="1"} 5\n# TYPE b gauge\nb 2 1699999999999\n'))
    const { samples, report } = split(await tick())
    assert.deepEqual(samples, [
      'a{exported_job="x", instance="10.0.0.1:9100", job="prometheus.scrape.test", z="1"} 5 @1700000000000',
      `b${labels}} 2 @1699999999999`,
    ])
    assert.deepEqual(report, {
      up: '1', scrape_duration_seconds: '0', scrape_samples_scraped: '2', scrape_samples_post_metric_relabeling: '2', scrape_series_added: '2',
    })
    assert.deepEqual([...metadataOf(batches[0]!)].filter(({ family }) => family.length === 1), [
      { type: 'counter', family: 'a', help: 'How many.', unit: '' }, { type: 'gauge', family: 'b', help: '', unit: '' },
    ])
  })

  it('adds what extra_metrics asks for', async () => {
    const { tick } = scraper(`${one}\nextra_metrics = true\nsample_limit = 10\nscrape_timeout = "5s"`, () => page('a 1\n'))
    const { report } = split(await tick())
    assert.equal(report['scrape_timeout_seconds'], '5')
    assert.equal(report['scrape_sample_limit'], '10')
    assert.equal(report['scrape_body_size_bytes'], '4')
  })

  it('scrapes each target once an interval, whatever the ticks', async () => {
    const { call, tick } = scraper(`targets = [{"__address__" = "a:1"}, {"__address__" = "b:1", "__scrape_interval__" = "30s"}, {"__address__" = "b:1"}]\nscrape_interval = "15s"`, () => page('a 1\n'))
    await tick()
    assert.deepEqual(call.requests.map(({ url }) => url).sort(), ['http://a:1/metrics', 'http://b:1/metrics'])
    for (let second = 0; second < 60; second++) await tick(1000)
    const of = (host: string) => call.requests.filter(({ url }) => url === `http://${host}:1/metrics`).length
    assert.equal(of('a'), 5)
    assert.equal(of('b'), 3)
  })

  it('fails all targets when there are more than allowed', async () => {
    const { call, tick, statuses } = scraper(`targets = [{"__address__" = "a:1"}, {"__address__" = "b:1"}]\ntarget_limit = 1`, () => page('a 1\n'))
    assert.deepEqual((await tick()).filter(line => line.startsWith('up{')).map(line => line.split(' ').at(-2)), ['0', '0'])
    assert.equal(call.requests.length, 0)
    assert.equal((await statuses())[0]!['lastError'], 'target_limit exceeded (number of targets: 2, limit: 1)')
  })

  it('tells of targets that are none, and scrapes the others', async () => {
    const { call, tick } = scraper('targets = [{"job" = "x"}, {"__address__" = "a:1"}, {"__address__" = "a:1/x"}]', () => page('a 1\n'))
    await tick()
    assert.equal(call.requests.length, 1)
    assert.deepEqual(call.logs.filter(({ level }) => level === 'error').map(({ fields }) => fields['err']), ['no address', '"a:1/x" is not a valid hostname'])
  })

  it('shows how targets fare', async () => {
    const { tick, statuses } = scraper(`${one}\nparams = { "token" = ["secret"] }`, (_, n) => (n === 0 ? page('a 1\nb 2\n') : page('', '', 503)))
    assert.deepEqual((await statuses()).map(({ health }) => health), ['unknown'])
    await tick()
    const [first] = await statuses()
    assert.deepEqual([first!['health'], first!['samples'], first!['series'], first!['lastError'], first!['url']], ['up', 2, 2, '', 'http://10.0.0.1:9100/metrics'])
    await tick(15_000)
    const [second] = await statuses()
    assert.deepEqual([second!['health'], second!['lastError']], ['down', 'server returned HTTP status 503 Service Unavailable'])
    assert.equal(second!['lastScrape'], '2023-11-14T22:13:35.000Z')
  })

  it('has Alloy\'s name for what cannot be', () => {
    const build = (text: string) => () => buildComponent(scrape, `targets = []\nforward_to = [out]\n${text}`, { out: sink('storage.Appendable').capsule })
    const refused: readonly (readonly [string, RegExp])[] = [
      ['scrape_timeout = "2m"', /^scrape_timeout \(2m0s\) greater than scrape_interval \(1m0s\) for scrape config with job name ""$/],
      ['scrape_protocols = ["PrometheusText0.0.4", "PrometheusText0.0.4"]', /duplicate scrape protocol "PrometheusText0.0.4"/],
      ['scrape_protocols = ["Text"]', /invalid scrape protocol "Text": unknown scrape protocol Text, supported: \[OpenMetricsText0\.0\.1 .* PrometheusText1\.0\.0\]/],
      ['scrape_fallback_protocol = "Text"', /invalid scrape_fallback_protocol "Text"/],
      ['scrape_native_histograms = true\nscrape_protocols = ["PrometheusText0.0.4"]', /PrometheusProto is not in scrape_protocols/],
      ['enable_protobuf_negotiation = true\nscrape_protocols = ["PrometheusProto"]', /only one can be set at a time/],
      ['metric_name_validation_scheme = "utf-8"', /invalid metric_name_validation_scheme "utf-8": must be either "utf8" or "legacy"/],
      ['metric_name_escaping_scheme = "none"', /invalid metric_name_escaping_scheme: "none"/],
      ['metric_name_escaping_scheme = "allow-utf-8"', /cannot be set to 'allow-utf-8'/],
      ['bearer_token = "a"\nbearer_token_file = "b"', /at most one way to authenticate/],
    ]
    for (const [text, message] of refused) assert.throws(build(text), { name: 'ArgumentError', message }, text)
    assert.doesNotThrow(build('metric_name_validation_scheme = "utf8"\nmetric_name_escaping_scheme = "allow-utf-8"\nscrape_fallback_protocol = ""'))
  })

  it('knows what has no effect without a host', () => {
    const said = problemsOf(scrape, 'targets = []\nforward_to = []\nscrape_failure_log_file = "/x"\nclustering {\n enabled = true\n}')
    assert.deepEqual(said.map(line => line.split(':')[0]), ['inert scrape_failure_log_file', 'inert clustering'])
  })
})
