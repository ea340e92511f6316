import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utf8 } from '../../../../../src/lib/bytes.ts'
import { SeriesBook } from '../../../../../src/components/prometheus/_shared/scrape/series-book.ts'
import { ByteIndex, ByteStrings } from '../../../../../src/components/prometheus/_shared/scrape/series-index.ts'
import { decodeState, encodeState, packSeries, unpackSeries, type TargetState } from '../../../../../src/components/prometheus/_shared/scrape/state.ts'
import { encodeLabels } from '../../../../../src/telemetry/prometheus.ts'
import { WireError } from '../../../../../src/wire/error.ts'

const state: TargetState = {
  dueMs: 1_700_000_000_000, token: 2 ** 40, scrapedMs: 1_700_000_000_003, durationMs: 12.5, intervalMs: 15_000, error: 'größer', samples: 3, extra: true,
  labels: encodeLabels([['job', 'a']]), ended: true, series: 2, packed: utf8('packed'),
}
const empty = new Uint8Array(0)

/** A book whose last good page had these series; those with a `~` have times of their own. */
function bookOf(...names: string[]): SeriesBook {
  const book = new SeriesBook(1)
  book.begin()
  for (const name of names) {
    const labels = encodeLabels([['__name__', name]])
    book.seen(book.withLabels(labels, 0, labels.length, utf8(name), 0, name.length), !name.startsWith('~'))
  }
  book.commit()
  return book
}

describe('the state of a target', () => {
  it('comes back as it was', () => {
    assert.deepEqual(decodeState(encodeState(state)), state)
    const least = { ...state, error: '', extra: false, ended: false, labels: empty, packed: empty, series: 0, samples: 0, token: 0 }
    assert.deepEqual(decodeState(encodeState(least)), least)
  })

  it('is refused, or less, when it is cut off', () => {
    const bytes = encodeState(state)
    for (let length = 0; length < bytes.length; length++) {
      try {
        decodeState(bytes.subarray(0, length))
      } catch (error) {
        assert.ok(error instanceof WireError)
      }
    }
  })

  it('holds the series, and which of them are watched', async () => {
    const { labels, watched } = await unpackSeries(await packSeries(bookOf('a', '~b', 'c')))
    assert.deepEqual(watched, [true, false, true])
    assert.deepEqual(labels.bytes.subarray(0, labels.length), Uint8Array.from([...encodeLabels([['__name__', 'a']]), ...encodeLabels([['__name__', '~b']]), ...encodeLabels([['__name__', 'c']])]))
    assert.equal((await packSeries(new SeriesBook(1))).length, 0)
    assert.equal((await unpackSeries(empty)).labels.count, 0)
  })

  it('takes little room', async () => {
    const book = bookOf(...Array.from({ length: 1000 }, (_, i) => `node_network_receive_bytes_total_of_device_${i % 50}_of_kind_${i}`))
    assert.ok((await packSeries(book)).length < 12_000)
  })
})

describe('byte strings', () => {
  it('are found by what they are', () => {
    const strings = new ByteStrings()
    const index = new ByteIndex(strings, 7)
    const texts = Array.from({ length: 3000 }, (_, i) => utf8(`series-${i * 7919}`))
    for (const [i, text] of texts.entries()) {
      assert.equal(index.find(text, 0, text.length), -1)
      strings.add(text, 0, text.length)
      index.added()
      if (i % 1000 === 0) index.clear()
    }
    for (const [i, text] of texts.entries()) assert.equal(index.find(text, 0, text.length), i)
    const padded = utf8('xxseries-0yy')
    assert.equal(index.find(padded, 2, 10), 0)
    strings.truncate(1)
    index.clear()
    assert.equal(index.find(texts[1]!, 0, texts[1]!.length), -1)
  })
})
