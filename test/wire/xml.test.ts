import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'node:test'
import { WireError } from '../../src/wire/error.ts'
import { parseXml, xmlItems, xmlText } from '../../src/wire/xml.ts'

describe('XML', () => {
  it('is elements and their text', () => {
    const root = parseXml(`<?xml version="1.0" encoding="UTF-8"?>
<!-- hello --><a:r xmlns="http://x" b='1 > 0'><set><item><k>1</k></item><other/><item ><k>2 &lt;&amp;&#65;&#x42;</k></item></set><e/><c><![CDATA[<raw>&]]></c></a:r>
`)
    assert.equal(root.name, 'r')
    assert.deepEqual(xmlItems(root, 'set').map(item => xmlText(item, 'k')), ['1', '2 <&AB'])
    assert.deepEqual([xmlText(root, 'e'), xmlText(root, 'c'), xmlText(root, 'none', 'k')], ['', '<raw>&', undefined])
  })

  const wrong = ['', 'text', '<a>', '</a>', '<a></b>', '<a/><b/>', '<a/>text', '<a', '<a b=c/>', '<a>&nbsp;</a>', '<a>&</a>', '<a>&#x110000;</a>', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', '<a>'.repeat(200) + '</a>'.repeat(200)]
  for (const text of wrong) it(`is not ${JSON.stringify(text.slice(0, 40))}`, () => { assert.throws(() => parseXml(text), WireError) })

  it('is nothing else, and takes no long time to find out', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('<a>', '</a>', '<', '>', '&', '<!--', '-->', '<![CDATA[', ']]>', ' b="', '"', 'x', '<?', '?>', '/')), parts => {
      try {
        parseXml(parts.join(''))
      } catch (error) {
        assert.ok(error instanceof WireError, String(error))
      }
    }), { numRuns: 500 })
    assert.throws(() => parseXml(`<a ${' b="1"'.repeat(50_000)}`), WireError)
    assert.throws(() => parseXml('<!--'.repeat(50_000)), WireError)
  })
})
