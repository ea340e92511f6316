/** Metadata of metric families on its way to an endpoint. */

import { crc32c } from '../../../lib/crc32c.ts'
import type { PrometheusBatch } from '../../../telemetry/batch.ts'
import { Reader } from '../../../wire/reader.ts'
import { readFamilies, type Families, type FamilyMetadata } from '../../../wire/remote-write-2-encode.ts'
import { METADATA } from '../../../wire/remote-write.ts'
import { Writer } from '../../../wire/writer.ts'

/** The most families that are remembered of an endpoint; past it, the oldest are forgotten. */
const mostFamilies = 20_000
/** Longer texts are not remembered. */
const mostText = 4096

export interface Thinned {
  readonly batch: PrometheusBatch
  /** To be called once the batch is safe. */
  readonly arrived: () => void
}

/**
 * Leaves metadata out that went to the endpoint, in these words, less than `intervalMs` ago from this isolate: senders of 1.0 repeat
 * theirs with every batch, or once a minute each.
 */
export function metadataThrottle(intervalMs: number): (batch: PrometheusBatch, now: number) => Thinned {
  if (intervalMs === 0) return batch => ({ batch, arrived() {} })
  const sentMs = new Map<number, number>()
  return (batch, now) => {
    const { bytes } = batch
    const r = new Reader(bytes, 0, bytes.length, 'remote-write')
    const fresh: number[] = []
    let w: Writer | undefined
    let copied = 0
    while (r.next() !== 0) {
      const { at, tag } = r
      r.skip()
      if (tag !== METADATA) continue
      const key = crc32c(bytes.subarray(r.from, r.to)) * 2 ** 16 + (r.to - r.from) % 2 ** 16
      if (now - (sentMs.get(key) ?? -Infinity) >= intervalMs) {
        fresh.push(key)
        continue
      }
      w ??= new Writer(bytes.length)
      w.raw(bytes, copied, at)
      copied = r.pos
    }
    return {
      batch: w === undefined ? batch : { kind: 'prometheus', bytes: w.raw(bytes, copied).finish() },
      arrived() {
        for (const key of fresh) remember(sentMs, key, now)
      },
    }
  }
}

/** The families that an isolate has seen on the way to an endpoint of 2.0, where every series says its own metadata. */
export interface FamilyMemory {
  readonly families: Families
  learn(batch: PrometheusBatch): void
}

export function familyMemory(): FamilyMemory {
  const families = new Map<string, FamilyMetadata>()
  return {
    families,
    learn({ bytes }) {
      for (const [family, metadata] of readFamilies(bytes)) {
        if (metadata.help.length + metadata.unit.length <= mostText) remember(families, family, metadata)
      }
    },
  }
}

function remember<K, V>(known: Map<K, V>, key: K, value: V): void {
  // What is deleted and set again stands last.
  known.delete(key)
  known.set(key, value)
  if (known.size > mostFamilies) known.delete(known.keys().next().value!)
}
