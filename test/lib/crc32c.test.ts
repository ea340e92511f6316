import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../../src/lib/bytes.ts'
import { crc32c } from '../../src/lib/crc32c.ts'

describe('crc32c', () => {
  // RFC 3720 appendix B.4, and the check value that catalogues of checksums give.
  const known: [string, Uint8Array, number][] = [
    ['nothing', new Uint8Array(0), 0],
    ['123456789', utf8('123456789'), 0xe3069283],
    ['32 bytes of zero', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 bytes, 0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['32 bytes, 31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ]
  for (const [name, bytes, sum] of known) it(name, () => assert.equal(crc32c(bytes), sum))

  it('continues from the checksum of what came before', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(64), (bytes, cut) => {
      assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), crc32c(bytes))
    }), { seed: 5 })
  })
})
