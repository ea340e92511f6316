/**
 * The port to durable state: a small key/value store with versions. Four stores implement it (stores/), one contract suite
 * holds them to it, and everything that must outlive an invocation is built on it (kinds/). Lost races are values; every
 * other failure is a StoreError.
 */

/** A value and the version that it had when read. */
export interface Entry {
  readonly value: Uint8Array
  readonly version: string
}

/** A key as a list shows it; `size` in bytes is the value's. */
export interface Listed {
  readonly key: string
  readonly version: string
  readonly size: number
}

/** Keys in order of their UTF-8 bytes; `next` is present when there may be more: pass it as `after`. */
export interface Page {
  readonly entries: readonly Listed[]
  readonly next?: string
}

export interface PutOptions {
  /** Write only over this version; null: only where there is nothing. Absent: whatever is there. */
  readonly ifVersion?: string | null
  /** From `writeId`. Repeating a put that failed, with its id, finds out whether it had taken effect. */
  readonly writeId?: string
}

/** What a store can hold, and what it costs to write: facts to plan with. */
export interface StoreLimits {
  readonly maxValueBytes: number
  /** Of a key in UTF-8. */
  readonly maxKeyBytes: number
  /** Whether a write of a few KB for every request is reasonable (semantics.md 3). */
  readonly cheapSmallWrites: boolean
  /** Whether `append` keeps the order of writers in different isolates always, or as well as their clocks agree. */
  readonly appendOrder: 'exact' | 'clock'
}

/** Operations that reached the store, failed ones and repeats included. */
export interface StoreCounts {
  reads: number
  writes: number
  /** Delete operations; one may remove many keys, which `deletedKeys` counts. */
  deletes: number
  deletedKeys: number
  lists: number
  bytesRead: number
  bytesWritten: number
}

export interface Store {
  readonly limits: StoreLimits
  readonly counts: Readonly<StoreCounts>
  /** The entry at `key`, or undefined. */
  get(key: string): Promise<Entry | undefined>
  /** As `get`, but `unchanged` (without the bytes) while the entry still has `version`. */
  refresh(key: string, version: string): Promise<Entry | 'unchanged' | undefined>
  /** Writes durably and tells the new version, which the key never had before. After an error the outcome is unknown. */
  put(key: string, value: Uint8Array, options?: PutOptions): Promise<{ version: string } | 'conflict'>
  /** Writes a new key `prefix + position + suffix` that sorts after all appended earlier (see FORMAT.md); `suffix` must be unique. */
  append(prefix: string, suffix: string, value: Uint8Array): Promise<{ key: string; version: string }>
  /** Removes `key`; a conflict when another version than `ifVersion` stands there. An absent key counts as deleted. */
  delete(key: string, options?: { readonly ifVersion?: string }): Promise<'deleted' | 'conflict'>
  /** Removes many keys (absent ones too) in one operation; not atomic: after an error some may be gone. */
  deleteAll(keys: readonly string[]): Promise<void>
  /** A page of the keys that start with `prefix` and sort after `after`; at most `limit` (1 to 1000). */
  list(prefix: string, options: { readonly after?: string; readonly limit: number }): Promise<Page>
}

/** A store that cannot answer. `retryable`: the same may succeed later; else the call itself is at fault. */
export class StoreError extends Error {
  readonly retryable: boolean
  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'StoreError'
    this.retryable = options.retryable
  }
}

/** The chance and time that a store needs, as arguments. */
export interface StoreEnv {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** A number in [0, 1). */
  readonly random: () => number
}

/** A new write id: 32 hexadecimal digits. */
export function writeId(random: () => number): string {
  let id = ''
  while (id.length < 32) id += Math.floor(random() * 0x1_0000_0000).toString(16).padStart(8, '0')
  return id
}

/** What each store implements; `guarded` makes a Store of it. */
export interface RawStore {
  get(key: string, unless: string | undefined): Promise<Entry | 'unchanged' | undefined>
  put(key: string, value: Uint8Array, ifVersion: string | null | undefined, id: string): Promise<{ version: string } | 'conflict'>
  append(prefix: string, suffix: string, value: Uint8Array, id: string): Promise<{ key: string; version: string }>
  delete(key: string, ifVersion: string | undefined): Promise<'deleted' | 'conflict'>
  deleteAll(keys: readonly string[]): Promise<void>
  list(prefix: string, after: string | undefined, limit: number): Promise<Page>
}

export const noCounts = (): StoreCounts => ({ reads: 0, writes: 0, deletes: 0, deletedKeys: 0, lists: 0, bytesRead: 0, bytesWritten: 0 })

/** The port around a store: keys, sizes and limits are checked, operations counted, in one place for all. */
export function guarded(limits: StoreLimits, random: () => number, raw: RawStore, counts: StoreCounts = noCounts()): Store {
  const checkValue = (key: string, value: Uint8Array) => {
    if (value.length <= limits.maxValueBytes) return
    throw new StoreError(`value of "${key}" has ${value.length} bytes; this store takes ${limits.maxValueBytes}`, { retryable: false })
  }
  const read = async (key: string, unless: string | undefined) => {
    checkKey(key, limits.maxKeyBytes)
    counts.reads++
    const found = await raw.get(key, unless)
    if (typeof found === 'object') counts.bytesRead += found.value.length
    return found
  }
  const write = <T>(key: string, value: Uint8Array, put: () => Promise<T>) => {
    checkKey(key, limits.maxKeyBytes)
    checkValue(key, value)
    counts.writes++
    counts.bytesWritten += value.length
    return put()
  }
  return {
    limits,
    counts,
    get: async key => await read(key, undefined) as Entry | undefined,
    refresh: read,
    put: async (key, value, { ifVersion, writeId: id = writeId(random) } = {}) =>
      write(key, value, () => raw.put(key, value, ifVersion, id)),
    append: async (prefix, suffix, value) =>
      write(`${prefix}${'0'.repeat(positionDigits)}${suffix}`, value, () => raw.append(prefix, suffix, value, writeId(random))),
    async delete(key, { ifVersion } = {}) {
      checkKey(key, limits.maxKeyBytes)
      counts.deletes++
      const outcome = await raw.delete(key, ifVersion)
      if (outcome === 'deleted') counts.deletedKeys++
      return outcome
    },
    async deleteAll(keys) {
      if (keys.length === 0) return
      for (const key of keys) checkKey(key, limits.maxKeyBytes)
      counts.deletes++
      await raw.deleteAll(keys)
      counts.deletedKeys += keys.length
    },
    async list(prefix, { after, limit }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
        throw new StoreError(`list "${prefix}": limit ${limit} is not between 1 and 1000`, { retryable: false })
      }
      counts.lists++
      return raw.list(prefix, after, limit)
    },
  }
}

/** U+10FFFF never stands in a key, so `prefix + lastCharacter` sorts after every key with that prefix. */
export const lastCharacter = '\u{10ffff}'

/** Throws unless `key` is what every store can hold: well-formed, without control characters, `.` or `..` as a part, or too many bytes. */
export function checkKey(key: string, maxBytes: number): void {
  const problem = key === '' ? 'is empty'
    : /\p{Cs}/u.test(key) || key.includes(lastCharacter) ? 'is not well-formed Unicode'
    : /[\u0000-\u001f\u007f\ufffe\uffff]/.test(key) ? 'has a control character'
    : /(^|\/)\.\.?(\/|$)/.test(key) ? 'has a part "." or ".."'
    : utf8Length(key) > maxBytes ? `has ${utf8Length(key)} bytes; this store takes ${maxBytes}`
    : undefined
  if (problem !== undefined) throw new StoreError(`key ${JSON.stringify(key.slice(0, 100))} ${problem}`, { retryable: false })
}

const utf8Length = (text: string) => new TextEncoder().encode(text).length

/** Order of keys: that of their UTF-8 bytes, which is that of their code points (JavaScript's own differs above U+FFFF). */
export function compareKeys(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at++) {
    const x = a.charCodeAt(at)
    const y = b.charCodeAt(at)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for characters above all others. */
const rank = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

const positionDigits = 16

/** Hands out positions for `append`: above every one handed out or seen under that prefix, and not below the clock. */
export function positions(now: () => number) {
  const last = new Map<string, number>()
  const raise = (prefix: string, position: number) => last.set(prefix, Math.max(last.get(prefix) ?? 0, position))
  return {
    /** Notes the position in `key`, where it has one. */
    saw(prefix: string, key: string | undefined): void {
      const digits = key?.slice(prefix.length, prefix.length + positionDigits) ?? ''
      if (/^\d{16}$/.test(digits)) raise(prefix, Number(digits))
    },
    knows: (prefix: string): boolean => last.has(prefix),
    /** Forgets what was seen, for when others may have written since. */
    forget: (): void => last.clear(),
    /** The next position, as text. */
    next(prefix: string): string {
      raise(prefix, Math.max((last.get(prefix) ?? 0) + 1, Math.floor(now() * 1000)))
      return String(last.get(prefix)).padStart(positionDigits, '0')
    },
  }
}
