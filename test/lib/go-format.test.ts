import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatExponential, formatFixed, formatFloat, formatJsonNumber } from '../../src/lib/go-format.ts'
import type { GoValue } from '../../src/lib/go-sprintf.ts'
import { sprintf } from '../../src/lib/go-sprintf.ts'
import { describeChar, quote } from '../../src/lib/go-text.ts'

describe('numbers as Go writes them', () => {
  const cases: [number, string, string, string][] = [
    [0, '0', '0', '0'], [-0, '-0', '-0', '-0'], [1.5, '1.5', '1.5', '1.5'], [1e21, '1000000000000000000000', '1e+21', '1e+21'],
    [1e20, '100000000000000000000', '1e+20', '100000000000000000000'], [123456789, '123456789', '1.23456789e+08', '123456789'],
    [1e-5, '0.00001', '1e-05', '0.00001'], [1e-7, '0.0000001', '1e-07', '1e-7'], [5e-324, `0.${'0'.repeat(323)}5`, '5e-324', '5e-324'],
  ]
  for (const [value, fixed, general, json] of cases) {
    it(general, () => { assert.deepEqual([formatFixed(value), formatFloat(value), formatJsonNumber(value)], [fixed, general, json]) })
  }

  it('read back as the same number', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
      for (const text of [formatFixed(value), formatFloat(value), formatExponential(value)]) assert.equal(Number(text), value)
    }), { numRuns: 500 })
  })
})

describe('text as Go quotes it', () => {
  it('escapes what cannot be printed', () => {
    assert.equal(quote('a"\\\n\x07\x7fé\u00a0\u200b😀\u{e0001}'), '"a\\"\\\\\\n\\a\\x7fé\\u00a0\\u200b😀\\U000e0001"')
    assert.equal(quote('\udcff'), '"\\xff"')
    assert.equal(describeChar(0x40), 'U+0040 \'@\'')
    assert.equal(describeChar(0x1f600), 'U+1F600 \'😀\'')
    assert.equal(describeChar(0xa0), 'U+00A0')
  })
})

describe('sprintf', () => {
  const cases: [string, GoValue[], string][] = [
    ['%s %v %d', ['a', true, 3n], 'a true 3'],
    ['%5d|%-5d|%05d|%+d|% d', [1n, 1n, -1n, 1n, 1n], '    1|1    |-0001|+1| 1'],
    ['%x %X %#x %b %o %#o %O %c %q %U', [255n, 255n, 255n, 5n, 8n, 8n, 8n, 233n, 39n, 233n], 'ff FF 0xff 101 10 010 0o10 é \'\\\'\' U+00E9'],
    ['%f %.2f %8.3f %e %g %G', [1.5, 1.005, 3.14159, 123456, 1e-7, 1e21], '1.500000 1.00    3.142 1.234560e+05 1e-07 1E+21'],
    ['%.0f %.0f %.1f', [0.5, 1.5, 0.25], '0 2 0.2'],
    ['%x %b', [1.5, 1], '0x1.8p+00 4503599627370496p-52'],
    ['%#g %#.3g', [1.5, 2], '1.50000 2.00'],
    ['%q %#q %+q %x % X', ['a"é', 'a b', 'é', 'hi', 'hi'], '"a\\"é" `a b` "\\u00e9" 6869 68 69'],
    ['%.1s|%-4s|%4s', ['éa', 'é', 'é'], 'é|é   |   é'],
    ['%v %v', [[1n, 'a', null], { b: 1n, a: [true] }], '[1 a <nil>] map[a:[true] b:1]'],
    ['%#v %#v', [['a', null], { a: 1n }], '[]interface {}{"a", interface {}(nil)} map[string]interface {}{"a":1}'],
    ['%T %T %T %T %T', [1n, 1, 'a', null, []], 'int float64 string <nil> []interface {}'],
    ['%[2]s %[1]s', ['a', 'b'], 'b a'],
    ['%*d|%-*d|%.*f', [4n, 1n, 4n, 1n, 1n, 1.25], '   1|1   |1.2'],
    ['%d %s %z', ['a', 1n, 2n], '%!d(string=a) %!s(int=1) %!z(int=2)'],
    ['%d', [], '%!d(MISSING)'],
    ['x', ['a', null], 'x%!(EXTRA string=a, <nil>)'],
    ['100%', [], '100%!(NOVERB)'],
    ['%[5]d %[x]d', [1n], '%!d(BADINDEX) %!d(BADINDEX)'],
    ['%% %5%', [], '% %'],
    ['%v', [18446744073709551615n], '18446744073709551615'],
  ]
  for (const [format, args, wanted] of cases) it(format, () => { assert.equal(sprintf(format, args), wanted) })

  it('takes any format and any arguments', () => {
    const value = fc.oneof(fc.string(), fc.bigInt(), fc.double(), fc.boolean(), fc.constant(null))
    const part = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('%', '%d', '%*', '%[', '%[1]', '%.', '%+#0- 9.9', 'v', 's', 'q', 'x'))
    fc.assert(fc.property(fc.array(part, { maxLength: 8 }), fc.array(value, { maxLength: 4 }), (parts, args) => {
      assert.equal(typeof sprintf(parts.join(''), args), 'string')
    }), { numRuns: 1000 })
  })
})
