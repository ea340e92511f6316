import assert from 'node:assert/strict'
import { it } from 'node:test'
import { attribute, block, call, list, literal, object, reference } from '../../src/language/build.ts'
import { printBody } from '../../src/language/print.ts'
import { objectValue, Secret } from '../../src/language/value.ts'

it('trees made by code are written as alloy fmt would have them', () => {
  const body = [
    block('prometheus.scrape', 'default', [
      attribute('targets', list([object({ '__address__': literal('a:1'), 'a b"': literal(-1n) })])),
      attribute('forward_to', list([reference('prometheus', 'remote_write', 'default', 'receiver')])),
      attribute('honor_labels', literal(true)),
    ]),
    block('prometheus.remote_write', 'default', [
      block('endpoint', undefined, [attribute('url', call('coalesce', call('sys.env', literal('URL')), literal('http://x\n')))]),
      block('wal', undefined, []),
    ]),
    attribute('x', literal(objectValue({ list: [1.5, null, -2.5, 3], empty: objectValue() }))),
  ]
  assert.equal(printBody(body), `prometheus.scrape "default" {
	targets = [{
		__address__ = "a:1",
		"a b\\""     = -1,
	}]
	forward_to   = [prometheus.remote_write.default.receiver]
	honor_labels = true
}

prometheus.remote_write "default" {
	endpoint {
		url = coalesce(sys.env("URL"), "http://x\\n")
	}

	wal { }
}
x = {
	list  = [1.5, null, -2.5, 3],
	empty = {},
}
`)
  assert.throws(() => literal(new Secret('x')), /a Secret has no literal/)
  assert.throws(() => literal(NaN), /NaN has no literal/)
})
