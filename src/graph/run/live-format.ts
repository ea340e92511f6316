/** Exports as bytes of a cell (FORMAT.md, "Live values"): JSON with a tag on what JSON cannot say, sealed when there is a secret in it. */

import { OptionalSecret, Secret, hasSecret, isObject, objectValue, type ObjectValue, type Value } from '../../language/value.ts'
import { concat, text, utf8 } from '../../lib/bytes.ts'

/** Seals bytes for a context; `open` gives undefined for what another key or context sealed, or what is damaged. */
export interface Cipher {
  seal(bytes: Uint8Array, context: string): Promise<Uint8Array>
  open(bytes: Uint8Array, context: string): Promise<Uint8Array | undefined>
}

/** What a component exported, and when it began to read it (milliseconds since the epoch). */
export interface LiveValue {
  readonly exports: ObjectValue
  readonly atMs: number
}

/** First bytes of a cell: how the rest stands there. */
const plain = 1
const sealed = 2

/** The bytes of a value; undefined where it holds a secret and there is no cipher, because a secret is never written as it is. */
export async function encodeLive({ exports, atMs }: LiveValue, cipher: Cipher | undefined, context: string): Promise<Uint8Array | undefined> {
  const json = utf8(JSON.stringify({ context, atMs, exports: tag(exports) }))
  if (!hasSecret(exports)) return concat([Uint8Array.of(plain), json])
  return cipher && concat([Uint8Array.of(sealed), await cipher.seal(json, context)])
}

/** The value; undefined where it is of another context, cannot be opened (another key, no key), or is of a format that is not known here. */
export async function decodeLive(bytes: Uint8Array, cipher: Cipher | undefined, context: string): Promise<LiveValue | undefined> {
  const content = bytes.subarray(1)
  const json = bytes[0] === plain ? content : bytes[0] === sealed ? await cipher?.open(content, context) : undefined
  if (json === undefined) return undefined
  const { context: its, atMs, exports } = JSON.parse(text(json)) as { context: string; atMs: number; exports: Tagged }
  return its !== context ? undefined : { atMs, exports: untag(exports) as ObjectValue }
}

type Tagged = null | boolean | string | number | Tagged[] | { readonly [tag: string]: unknown }

/** Text, finite numbers, booleans, null and lists stand as they are; everything else in an object of one field that says what it is. */
function tag(value: Value): Tagged {
  if (Array.isArray(value)) return value.map(tag)
  if (typeof value === 'bigint') return { int: String(value) }
  if (typeof value === 'number') return Number.isFinite(value) ? value : { float: String(value) }
  if (value instanceof Secret) return { secret: value.reveal() }
  if (value instanceof OptionalSecret) return { optional: [value.value, value.isSecret] }
  if (value === null || typeof value !== 'object') return value
  if (!isObject(value)) throw new Error('an export that changes is no value that can be kept')
  return { object: Object.entries(value).map(([name, field]) => [name, tag(field)]) }
}

function untag(tagged: Tagged): Value {
  if (Array.isArray(tagged)) return tagged.map(untag)
  if (tagged === null || typeof tagged !== 'object') return tagged
  const [[kind, content] = ['', undefined]] = Object.entries(tagged)
  switch (kind) {
    case 'int': return BigInt(content as string)
    case 'float': return Number(content)
    case 'secret': return new Secret(content as string)
    case 'optional': return new OptionalSecret(...(content as [string, boolean]))
    case 'object': return objectValue((content as [string, Tagged][]).map(([name, field]) => [name, untag(field)] as const))
    default: throw new Error(`a live value has the unknown tag ${JSON.stringify(kind)}`)
  }
}
