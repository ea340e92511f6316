import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { negotiate } from '../../../../../src/components/prometheus/_shared/scrape/negotiate.ts'
import { acceptHeader, nativeProtocols, pageFormat } from '../../../../../src/components/prometheus/_shared/scrape/protocols.ts'

describe('the Accept header', () => {
  it('weighs protocols, and speaks of escaping to those who know it', () => {
    assert.equal(acceptHeader(['PrometheusText1.0.0', 'PrometheusText0.0.4'], 'values'), 'text/plain;version=1.0.0;escaping=values;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.4')
    assert.match(acceptHeader(nativeProtocols, 'allow-utf-8'), /^application\/vnd\.google\.protobuf;.*;q=0\.6,application\/openmetrics-text;version=1\.0\.0;escaping=allow-utf-8;q=0\.5,.*,\*\/\*;q=0\.1$/)
  })

  it('is understood by our own pages', () => {
    assert.equal(negotiate(acceptHeader(['PrometheusText0.0.4'], 'underscores'), { openMetrics: true, escaping: 'underscores' }), 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores')
    assert.equal(negotiate('application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.4', { openMetrics: true, escaping: 'values' }), 'application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=values')
    assert.equal(negotiate('application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.6', { openMetrics: true, escaping: 'values' }), 'text/plain; version=0.0.4; charset=utf-8; escaping=values')
    assert.equal(negotiate('', { openMetrics: false, escaping: 'dots' }), 'text/plain; version=0.0.4; charset=utf-8; escaping=dots')
  })
})

describe('the format of a page', () => {
  it('is what its Content-Type says', () => {
    for (const [type, format] of [
      ['text/plain; version=0.0.4; charset=utf-8', 'text'], ['TEXT/Plain', 'text'], ['text/plain;version="0.0.4"', 'text'], ['text/plain;', 'text'],
      ['application/openmetrics-text; version=1.0.0', 'openmetrics'], ['application/vnd.google.protobuf; proto=x; encoding=delimited', 'protobuf'],
      ['text/html', undefined], ['', undefined], ['text', undefined], ['text/plain; charset', undefined], [`text/plain; ${'a=b;'.repeat(500)}`, undefined],
    ] as const) assert.equal(pageFormat(type, undefined).format, format, type)
  })

  it('is the fallback\'s where it says nothing of sense', () => {
    assert.deepEqual(pageFormat('text/html', 'OpenMetricsText1.0.0'), {
      format: 'openmetrics', problem: 'received unsupported Content-Type "text/html", using fallback_scrape_protocol "application/openmetrics-text"',
    })
    assert.equal(pageFormat('', 'PrometheusProto').format, 'protobuf')
  })
})
