/** Ids of a foreach's children: by the element's content, so that adding one does not rename the others (as Alloy does it). */

import { hex, utf8 } from '../../lib/bytes.ts'
import { sha256 } from '../../lib/sha.ts'
import { isObject, typeName, type Value } from '../../language/value.ts'

/** `foreach_<fingerprint>_<n>` for each element; `id` names the field that stands for an object, `hashed` hashes text. */
export function elementIds(elements: readonly Value[], options: { readonly id: string | undefined; readonly hashed: boolean }): string[] {
  const counts = new Map<string, number>()
  return elements.map(element => {
    const field = options.id !== undefined && isObject(element) ? element[options.id] : undefined
    const name = `foreach_${fingerprint(field ?? element, options.hashed)}`
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return `${name}_${count}`
  })
}

function fingerprint(value: Value, hashed: boolean): string {
  if (typeof value === 'string') return hashed ? digest(value) : value.replace(/[^\p{L}\p{Nd}]/gu, '_')
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  // Six digits, as Go's %f has them; a dot cannot stand in an identifier.
  if (typeof value === 'number') return value.toFixed(6).replaceAll('.', '_')
  return digest(canonical(value))
}

const digest = (text: string) => hex(sha256(utf8(text)))

/** A text that is the same for equal values; only its uniqueness counts. */
function canonical(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (isObject(value)) return `{${Object.keys(value).sort().map(key => `${JSON.stringify(key)}:${canonical(value[key]!)}`).join(',')}}`
  return typeof value === 'object' ? typeName(value) : JSON.stringify(typeof value === 'bigint' ? `${value}n` : value)
}
