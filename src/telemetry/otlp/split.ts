import { LENGTH, Reader, tag } from '../../wire/reader.ts'
import { Writer } from '../../wire/writer.ts'
import { concat } from '../../lib/bytes.ts'
import type { OtlpBatch, OtlpSignal } from '../batch.ts'
import { metricKinds } from './metric-views.ts'

const FIRST = tag(1, LENGTH)
const CHILD = tag(2, LENGTH)
const dataTags: ReadonlySet<number> = new Set(metricKinds.map(kind => kind.tag))
const only = (wanted: number) => (tag: number) => tag === wanted

/** Which fields lead from the request inwards to its items; everything else at a level is header, and goes into every piece. */
const paths: Record<OtlpSignal, readonly ((tag: number) => boolean)[]> = {
  traces: [only(FIRST), only(CHILD), only(CHILD)],
  logs: [only(FIRST), only(CHILD), only(CHILD)],
  metrics: [only(FIRST), only(CHILD), only(CHILD), tag => dataTags.has(tag), only(FIRST)],
}

/** One batch with everything in `batches`, which are of one signal; their resources stand one after the other. */
export function mergeOtlp(batches: readonly OtlpBatch[]): OtlpBatch {
  const first = batches[0]
  if (first === undefined) throw new TypeError('mergeOtlp needs at least one batch')
  if (batches.some(batch => batch.signal !== first.signal)) throw new TypeError('mergeOtlp takes batches of one signal')
  // Protobuf defines it so: messages laid end to end are their merge, and the request holds nothing but a repeated field.
  return batches.length === 1 ? first : { ...first, bytes: concat(batches.map(batch => batch.bytes)) }
}

export interface SplitOptions {
  /** At most this many items a piece. */
  maxItems?: number
  /** At most this many bytes a piece, except for a piece whose single item alone is larger. */
  maxBytes?: number
}

/** The batch in pieces within the limits, in order, each with the resource, scope and metric its items belong to. Throws WireError. */
export function splitOtlp(batch: OtlpBatch, { maxItems = Infinity, maxBytes = Infinity }: SplitOptions): OtlpBatch[] {
  if (batch.bytes.length <= maxBytes && maxItems === Infinity) return [batch]
  const pieces = new Split(batch, Math.max(1, maxItems), maxBytes).run()
  return pieces.length === 1 ? [batch] : pieces.map(bytes => ({ ...batch, bytes }))
}

interface Level {
  tagAt: number
  lengthAt: number
  bodyAt: number
  end: number
  /** Ranges of the header: pairs of start and end. */
  header: number[]
  headerSize: number
}

class Split {
  private readonly pieces: Uint8Array[] = []
  private readonly out = new Writer(1024)
  private readonly levels: Level[] = []
  private opened = 0
  private items = 0
  /** A bound of the piece's size, lengths counted at their longest. */
  private size = 0
  private from = 0
  private to = 0
  private readonly input: Uint8Array
  private readonly path: readonly ((tag: number) => boolean)[]
  private readonly readers: Reader[]
  private readonly maxItems: number
  private readonly maxBytes: number

  constructor({ bytes, signal }: OtlpBatch, maxItems: number, maxBytes: number) {
    this.input = bytes
    this.path = paths[signal]
    this.readers = this.path.map(() => new Reader(bytes, 0, 0, `OTLP ${signal}`))
    this.maxItems = maxItems
    this.maxBytes = maxBytes
  }

  run(): Uint8Array[] {
    this.walk(0, 0, this.input.length)
    this.cut()
    return this.pieces
  }

  private walk(depth: number, bodyAt: number, end: number): void {
    const isChild = this.path[depth]!
    const isLast = depth === this.path.length - 1
    const r = this.readers[depth]!.reset(this.input, bodyAt, end)
    while (r.next() !== 0) {
      const { at, pos } = r
      r.skip()
      if (!isChild(r.tag)) continue
      if (isLast) this.item(at, r.to)
      else {
        this.levels.push(this.level(depth + 1, at, pos, r.from, r.to))
        this.walk(depth + 1, r.from, r.to)
        this.leave()
      }
    }
  }

  private level(depth: number, tagAt: number, lengthAt: number, bodyAt: number, end: number): Level {
    const isChild = this.path[depth]!
    const header: number[] = []
    let headerSize = 0
    const r = this.readers[depth]!.reset(this.input, bodyAt, end)
    while (r.next() !== 0) {
      r.skip()
      if (isChild(r.tag)) continue
      header.push(r.at, r.pos)
      headerSize += r.pos - r.at
    }
    return { tagAt, lengthAt, bodyAt, end, header, headerSize }
  }

  private item(at: number, end: number): void {
    const size = end - at
    if (this.items > 0) {
      let opening = 0
      for (let i = this.opened; i < this.levels.length; i++) opening += cost(this.levels[i]!)
      if (this.items >= this.maxItems || this.size + opening + size > this.maxBytes) this.cut()
    }
    while (this.opened < this.levels.length) this.open(this.levels[this.opened++]!)
    if (at !== this.to) {
      this.flush()
      this.from = at
    }
    this.to = end
    this.items++
    this.size += size
  }

  private open(level: Level): void {
    this.flush()
    this.out.raw(this.input, level.tagAt, level.lengthAt).fork(Math.min(level.end - level.bodyAt, 0x3fff))
    for (let i = 0; i < level.header.length; i += 2) this.out.raw(this.input, level.header[i], level.header[i + 1])
    this.size += cost(level)
  }

  private leave(): void {
    if (this.opened === this.levels.length) this.close()
    this.levels.pop()
  }

  private close(): void {
    this.flush()
    this.out.join()
    this.opened--
  }

  private flush(): void {
    this.out.raw(this.input, this.from, this.to)
    this.from = this.to = 0
  }

  /** Ends the piece, if it holds anything. */
  private cut(): void {
    while (this.opened > 0) this.close()
    this.flush()
    if (this.items > 0) this.pieces.push(this.out.finish())
    this.items = this.size = 0
  }
}

const cost = (level: Level): number => level.headerSize + 5 + level.lengthAt - level.tagAt
