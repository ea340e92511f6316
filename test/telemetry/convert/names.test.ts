import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { labelName, metricName, unitName, unitOfWords, utf8MetricName, type NamedMetric } from '../../../src/telemetry/convert/names.ts'

const ascii = { script: 'ascii', keyBeforeUnderscore: true, collapse: true } as const

describe('label names', () => {
  const cases: [key: string, collector: string, collapsed: string][] = [
    ['http.method', 'http_method', 'http_method'],
    ['a..b', 'a__b', 'a_b'],
    ['9lives', 'key_9lives', 'key_9lives'],
    ['_private', 'key_private', 'key_private'],
    ['__double', '__double', 'key_double'],
    ['__a..b__', '__a__b__', '__a_b__'],
    ['größe', 'größe', 'gr_e'],
    ['日本', '日本', 'key_'],
    ['😀x', 'key_x', 'key_x'],
    ['', '', ''],
  ]
  for (const [key, collector, collapsed] of cases) {
    it(`${JSON.stringify(key)} is ${JSON.stringify(collector)}`, () => {
      assert.deepEqual([labelName(key), labelName(key, ascii)], [collector, collapsed])
    })
  }

  it('are legacy names wherever only ASCII may stay', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), key => {
      assert.match(labelName(key, ascii), /^[A-Za-z_][A-Za-z0-9_]*$/)
    }), { numRuns: 200, seed: 1 })
  })
})

describe('metric names', () => {
  const metric = (name: string, unit = '', type: NamedMetric['type'] = 'other'): NamedMetric => ({ name, unit, type })
  const cases: [given: NamedMetric, wanted: string][] = [
    [metric('http.server.duration', 'ms'), 'http_server_duration_milliseconds'],
    [metric('disk.io', 'By', 'counter'), 'disk_io_bytes_total'],
    [metric('total.jobs', '', 'counter'), 'jobs_total'],
    [metric('io_bytes_total', 'By', 'counter'), 'io_bytes_total'],
    [metric('load', '1', 'gauge'), 'load_ratio'],
    [metric('hits', '1', 'counter'), 'hits_total'],
    [metric('speed', 'By/s', 'gauge'), 'speed_bytes_per_second'],
    [metric('packets', '{packet}/s'), 'packets_per_second'],
    [metric('second.hand', '1/s'), 'second_hand'],
    [metric('odd', 'constructor'), 'odd_constructor'],
    [metric('spaced', '  ms '), 'spaced_milliseconds'],
    [metric('3d'), '_3d'],
    [metric(':job:rate'), 'job_rate'],
    [metric('température'), 'température'],
    [metric('@#$', 's', 'counter'), 'seconds_total'],
    [metric('@#$', '', 'counter'), ''],
  ]
  for (const [given, wanted] of cases) {
    it(`${given.name} in ${given.unit === '' ? 'nothing' : given.unit} is ${JSON.stringify(wanted)}`, () => assert.equal(metricName(given), wanted))
  }

  it('get no suffixes where there should be none, and a namespace where there should', () => {
    const rules = { suffixes: false, script: 'any', colons: false } as const
    assert.equal(metricName(metric('a:b.c', 's', 'counter'), rules), 'a:b_c')
    assert.equal(metricName(metric('b', 's'), { ...rules, namespace: 'my.app' }), 'my_app_b')
    assert.equal(metricName(metric('b', 's'), { ...rules, suffixes: true, namespace: 'app' }), 'app_b_seconds')
    assert.equal(metricName(metric(':a:b', 's'), { suffixes: true, script: 'ascii', colons: true }), ':a:b_seconds')
  })

  it('in UTF-8 stay as they are but for their suffixes, none of which comes twice', () => {
    assert.equal(utf8MetricName(metric('größe.x', 'By', 'counter'), { suffixes: true }), 'größe.x_bytes_total')
    assert.equal(utf8MetricName(metric('x_bytes_per_second_total', 'By/s', 'counter'), { suffixes: true }), 'x_bytes_per_second_total')
    assert.equal(utf8MetricName(metric('x', 'By'), { suffixes: false, namespace: 'n' }), 'n_x')
  })
})

describe('units', () => {
  it('in words and back', () => {
    for (const unit of ['s', 'By', 'MiBy/s', 'm/h', '1/s', 'Cel', '%', 'furlong']) {
      assert.equal(unitOfWords(unitName(unit)), unit === '1/s' ? 'per_second' : unit)
    }
    assert.equal(unitOfWords('ratio'), '1')
    assert.equal(unitOfWords(''), '')
    assert.equal(unitName('{request}'), '')
  })
})
