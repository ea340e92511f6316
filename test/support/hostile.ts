/** Damage in many forms, the same in every run. */
import assert from 'node:assert/strict'

/** A small generator of numbers (mulberry32), so that failures can be repeated. */
export function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Every prefix of `bytes`, then `count` copies with some bytes changed, removed, doubled or cut. */
export function* damagedCopies(bytes: Uint8Array, count: number, seed = 1): Generator<Uint8Array> {
  for (let end = 0; end < bytes.length; end++) yield bytes.slice(0, end)
  const random = numbers(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  for (let i = 0; i < count; i++) {
    const copy = [...bytes]
    for (let changes = 1 + below(4); changes > 0 && copy.length > 0; changes--) {
      const at = below(copy.length)
      const kind = below(5)
      if (kind === 0) copy.splice(at, 1 + below(4))
      else if (kind === 1) copy.splice(at, 0, ...copy.slice(at, at + below(8)))
      else if (kind === 2) copy[at] = 0xff
      else if (kind === 3) copy[at] = copy[at]! ^ (1 << below(8))
      else copy[at] = below(256)
    }
    yield Uint8Array.from(copy)
  }
}

/** Runs `use` on damaged copies: it may succeed or throw one of the `allowed` errors, which have to say something. */
export async function survives(
  bytes: Uint8Array, count: number, use: (bytes: Uint8Array) => unknown, allowed: readonly (new (...args: never[]) => Error)[],
): Promise<void> {
  for (const copy of damagedCopies(bytes, count)) {
    try {
      await use(copy)
    } catch (error) {
      if (!allowed.some(type => error instanceof type)) {
        assert.fail(new Error(`not an error of the codec, on ${Buffer.from(copy).toString('hex')}`, { cause: error }))
      }
      assert.notEqual((error as Error).message, '')
    }
  }
}
