import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatPrometheusDuration, parsePrometheusDuration } from '../../../../../src/components/prometheus/_shared/scrape/duration.ts'
import { latestDue, offsetOf, populateTarget, type LabelMap, type Target, type TargetDefaults } from '../../../../../src/components/prometheus/_shared/scrape/target.ts'

const job: TargetDefaults = {
  job: 'shop', scheme: 'http', metricsPath: '/metrics', intervalMs: 15_000, timeoutMs: 10_000, params: {}, nhcb: false, classicHistograms: false, nativeHistograms: false,
}
const populate = (labels: LabelMap, over: Partial<TargetDefaults> = {}) => populateTarget(labels, { ...job, ...over })
const target = (labels: LabelMap, over: Partial<TargetDefaults> = {}): Target => {
  const found = populate(labels, over)
  if ('problem' in found) throw new Error(found.problem)
  return found
}
const problem = (labels: LabelMap) => (populate(labels) as { problem?: string }).problem

describe('targets', () => {
  it('take from the job what they do not say', () => {
    const { labels, url, intervalMs, timeoutMs, discovered } = target({ __address__: 'a:1', __meta_x: 'y', zone: '' })
    assert.deepEqual([labels, url, intervalMs, timeoutMs], [[['instance', 'a:1'], ['job', 'shop']], 'http://a:1/metrics', 15_000, 10_000])
    assert.equal(discovered['__meta_x'], 'y')
    const own = target({ __address__: 'a:1', job: 'own', instance: 'i', __scheme__: 'https', __metrics_path__: 'x?y#z', __scrape_interval__: '1m30s', __scrape_timeout__: '1500ms', __scrape_native_histograms__: 'T' })
    assert.deepEqual([own.labels, own.url, own.intervalMs, own.timeoutMs, own.nativeHistograms], [
      [['instance', 'i'], ['job', 'own']], 'https://a:1/x%3Fy%23z', 90_000, 1500, true,
    ])
  })

  it('lay their parameters over those of the job', () => {
    const params = { module: ['a', 'b'], empty: [] }
    assert.equal(target({ __address__: 'a:1' }, { params }).url, 'http://a:1/metrics?module=a&module=b')
    assert.equal(target({ __address__: 'a:1', __param_module: 'c&d', __param_x: '1' }, { params }).url, 'http://a:1/metrics?module=c%26d&module=b&x=1')
  })

  it('are refused with Prometheus\' words', () => {
    assert.equal(problem({}), 'no address')
    assert.equal(problem({ __address__: 'a:1/x' }), '"a:1/x" is not a valid hostname')
    assert.equal(problem({ __address__: 'a:1', __scrape_interval__: 'soon' }), 'error parsing scrape interval: not a valid duration string: "soon"')
    assert.equal(problem({ __address__: 'a:1', __scrape_interval__: '0' }), 'scrape interval cannot be 0')
    assert.equal(problem({ __address__: 'a:1', __scrape_timeout__: '1m' }), 'scrape timeout cannot be greater than scrape interval ("1m" > "15s")')
    for (const address of ['user@a', 'a b', 'a:99999', 'a#b', 'a?b', 'a\\b', '[::1']) assert.match(problem({ __address__: address })!, /is not a valid address$/, address)
    assert.match(problem({ __address__: 'a:1', __scheme__: 'ftp' })!, /is not a valid address$/)
  })

  it('are the same as long as they write the same series', () => {
    const { key } = target({ __address__: 'a:1' })
    assert.equal(target({ __address__: 'a:1', __meta_x: 'y', __scrape_interval__: '30s' }).key, key)
    assert.notEqual(target({ __address__: 'a:1', zone: 'b' }).key, key)
    assert.notEqual(target({ __address__: 'a:1', __param_x: 'b' }).key, key)
    assert.match(key, /^[0-9a-f]{32}$/)
  })

  it('are due at offsets that never change, spread over the interval', () => {
    const targets = Array.from({ length: 1500 }, (_, i) => target({ __address__: `host-${i}:9100` }))
    const tenths = new Array<number>(10).fill(0)
    for (const one of targets) {
      const offset = offsetOf(one, 12_345)
      tenths[Math.floor(offset / 1500)]!++
      const due = latestDue(one, 12_345, 1_700_000_000_000)
      assert.ok(due <= 1_700_000_000_000 && due > 1_700_000_000_000 - 15_000 && due % 15_000 === offset)
    }
    assert.ok(Math.min(...tenths) > 100, tenths.join())
  })
})

describe('durations in labels', () => {
  it('are read and written as Prometheus does', () => {
    for (const [text, ms] of [['1ms', 1], ['1s', 1000], ['1m30s', 90_000], ['1h', 3_600_000], ['1d', 86_400_000], ['2w', 1_209_600_000], ['1y', 31_536_000_000], ['1d12h', 129_600_000]] as const) {
      assert.equal(parsePrometheusDuration(text), ms)
      assert.equal(formatPrometheusDuration(ms), text)
    }
    assert.equal(parsePrometheusDuration('0'), 0)
    assert.equal(formatPrometheusDuration(0), '0s')
    for (const [text, message] of [['', 'empty duration string'], ['1', 'not a valid duration string: "1"'], ['1s1m', 'not a valid duration string: "1s1m"'], ['1s1s', 'not a valid duration string: "1s1s"'], ['-1s', 'not a valid duration string: "-1s"'], ['1.5s', 'unknown unit "." in duration "1.5s"'], ['300y', 'duration out of range']] as const) {
      assert.throws(() => parsePrometheusDuration(text), { name: 'SyntaxError', message }, text)
    }
  })
})
