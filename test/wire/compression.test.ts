import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import * as zlib from 'node:zlib'
import { TooLargeError, UnknownEncodingError, compress, decompress, readableEncodings, writableEncodings } from '../../src/wire/compression.ts'
import { WireError } from '../../src/wire/error.ts'
import { survives } from '../support/hostile.ts'

const ascii = (text: string) => new TextEncoder().encode(text)
const fromHex = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'))
const data = ascii('a log line, and then another log line; '.repeat(5000))
const small = ascii('hello hello hello hello hello, compressed world')

/** Made once with the zstd and lz4 commands from `small`. */
const golden = {
  zstd: '28b52ffd0468f50000c068656c6c6f202c20636f6d7072657373656420776f726c640100a94b11b1e54bf7',
  zstdPlain: '28b52ffd0048f50000c068656c6c6f202c20636f6d7072657373656420776f726c640100a94b11',
  lz4: '04224d186440a71e0000006f68656c6c6f20060004f0032c20636f6d7072657373656420776f726c6400000000285b49c6',
  lz4Checked: '04224d187440bd1e0000006f68656c6c6f20060004f0032c20636f6d7072657373656420776f726c646693b30f00000000285b49c6',
}

describe('Content-Encoding', () => {
  for (const encoding of writableEncodings) {
    it(`${encoding || 'none'} comes back as it was, up to the limit and not beyond`, async () => {
      for (const input of [data, small, new Uint8Array(0)]) {
        const compressed = await compress(encoding, input)
        assert.deepEqual(await decompress(encoding.toUpperCase(), compressed, input.length), input)
        if (input.length > 0) await assert.rejects(decompress(encoding, compressed, input.length - 1), (error: unknown) => error instanceof TooLargeError && error.limit === input.length - 1)
      }
    })
  }

  it('deflate is taken as zlib and as raw', async () => {
    assert.deepEqual(await decompress('deflate', zlib.deflateSync(data), data.length), data)
    assert.deepEqual(await decompress('deflate', zlib.deflateRawSync(data), data.length), data)
    assert.deepEqual(await decompress('zlib', zlib.deflateSync(data), data.length), data)
  })

  it('gzip may come in several members', async () => {
    const members = Buffer.concat([zlib.gzipSync(small), zlib.gzipSync(data), zlib.gzipSync(small)])
    assert.deepEqual(await decompress('gzip', members, 1_000_000), Uint8Array.from([...small, ...data, ...small]))
    await assert.rejects(decompress('gzip', members, data.length), TooLargeError)
  })

  it('zstd and lz4 are read', async () => {
    for (const [name, hex] of Object.entries(golden)) {
      const encoding = name.startsWith('zstd') ? 'zstd' : 'lz4'
      assert.deepEqual(await decompress(encoding, fromHex(hex), small.length), small, name)
      assert.deepEqual(await decompress(encoding, Uint8Array.from([...fromHex(hex), ...fromHex(hex)]), 1000), Uint8Array.from([...small, ...small]), `${name} twice`)
      await assert.rejects(decompress(encoding, fromHex(hex), small.length - 1), TooLargeError, name)
    }
  })

  it('a bomb stops at the limit', async () => {
    const bomb = zlib.gzipSync(new Uint8Array(64 * 1024 * 1024), { level: 1 })
    const before = process.memoryUsage().arrayBuffers
    await assert.rejects(decompress('gzip', bomb, 4 * 1024 * 1024), TooLargeError)
    assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 1024 * 1024)
  })

  it('others are refused by name', async () => {
    await assert.rejects(decompress('br', data, 10), (error: unknown) => error instanceof UnknownEncodingError && /unsupported encoding "br"; supported are .*gzip/.test(error.message))
    await assert.rejects(decompress('constructor', data, 10), UnknownEncodingError)
    await assert.rejects(compress('zstd', data), UnknownEncodingError)
    assert.ok(readableEncodings.includes('zstd') && !writableEncodings.includes('zstd'))
  })

  it('damage is named for what it is', async () => {
    for (const [encoding, bytes] of [
      ['gzip', ascii('not gzip')], ['gzip', new Uint8Array(0)], ['gzip', zlib.gzipSync(data).subarray(0, -9)], ['zlib', ascii('xx')], ['deflate', ascii('\xff\xff')],
      ['snappy', ascii('\xff')], ['zstd', ascii('nope')], ['lz4', ascii('nope')], ['zstd', new Uint8Array(0)], ['lz4', new Uint8Array(0)],
      ['zstd', fromHex(golden.zstd).subarray(0, -6)], ['lz4', fromHex(golden.lz4).subarray(0, -6)],
    ] as const) {
      await assert.rejects(decompress(encoding, bytes, 1_000_000), (error: unknown) => {
        assert.ok(error instanceof WireError, `${encoding}: ${String(error)}`)
        assert.match(error.message, new RegExp(`^${encoding === 'zlib' ? 'deflate' : encoding}: `))
        return true
      })
    }
  })

  for (const [encoding, bytes, rounds] of [
    ['gzip', zlib.gzipSync(small), 300], ['deflate', zlib.deflateSync(small), 300],
    ['zstd', fromHex(golden.zstd), 20_000], ['zstd', fromHex(golden.zstdPlain), 20_000], ['lz4', fromHex(golden.lz4), 20_000], ['lz4', fromHex(golden.lz4Checked), 20_000],
  ] as const) {
    it(`damaged ${encoding} throws nothing but its own errors`, async () => {
      await survives(bytes, rounds, copy => decompress(encoding, copy, 100_000), [WireError, TooLargeError])
    })
  }
})
