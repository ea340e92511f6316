/** The name of a target: Alloy's hash of its labels, by which targets are told apart and spread over shards. */

import { compareNames } from './label-text.ts'
import { xxhash64, type Hash64 } from './xxhash64.ts'

type LabelMap = Readonly<Record<string, string>>

/** Alloy's NonMetaLabelsHash: labels that start with `__meta_` do not count, so that a target keeps its place when they change. */
export const targetHash = (labels: LabelMap): Hash64 => labelsHash(labels, name => !name.startsWith('__meta_'))

const encoder = new TextEncoder()
/** After each name and value: a byte that no UTF-8 has. */
const separator = 0xff
let buffer = new Uint8Array(4096)

/** XXH64 over the names and values of the labels that `counts`, in order of name (the stable hash of Prometheus). */
export function labelsHash(labels: LabelMap, counts: (name: string) => boolean): Hash64 {
  let at = 0
  const append = (text: string) => {
    // A UTF-16 unit takes at most three bytes.
    if (at + 3 * text.length >= buffer.length) {
      const larger = new Uint8Array(2 * (at + 3 * text.length + 1))
      larger.set(buffer.subarray(0, at))
      buffer = larger
    }
    at += encoder.encodeInto(text, at === 0 ? buffer : buffer.subarray(at)).written
    buffer[at++] = separator
  }
  for (const name of Object.keys(labels).filter(counts).sort(compareNames)) {
    append(name)
    append(labels[name]!)
  }
  return xxhash64(buffer, at)
}
