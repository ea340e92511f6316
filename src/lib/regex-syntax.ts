/** The part of RE2's syntax that regex-native.ts reasons about: parsed, and spelled out in JavaScript's. */

/** Code points as sorted pairs of first and last that do not touch. */
export type Ranges = readonly number[]

export type Node =
  | { readonly kind: 'set'; readonly set: Ranges }
  | { readonly kind: 'repeat'; readonly set: Ranges; readonly min: number; readonly max: number }
  | { readonly kind: 'group'; readonly item: Node }
  | { readonly kind: 'optional'; readonly item: Node }
  | { readonly kind: 'all of'; readonly items: readonly Node[] }
  | { readonly kind: 'any of'; readonly items: readonly Node[] }

export interface Parsed {
  readonly node: Node
  /** The same in JavaScript's syntax, for Unicode mode. */
  readonly js: string
  /** Names of the groups by index, '' without one. */
  readonly names: readonly string[]
  /** Whether `^` stood before and `$` after it all. */
  readonly begins: boolean
  readonly ends: boolean
}

const last = 0x10_ffff
const digit: Ranges = [0x30, 0x39]
const word: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]
const space: Ranges = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20]
const classes: Readonly<Record<string, Ranges>> = {
  d: digit, w: word, s: space, D: negated(digit), W: negated(word), S: negated(space),
}
const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }

export function union(a: Ranges, b: Ranges): Ranges {
  const pairs: [number, number][] = []
  for (const ranges of [a, b]) for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!])
  pairs.sort((x, y) => x[0] - y[0])
  const out: number[] = []
  for (const [from, to] of pairs) {
    if (out.length > 0 && from <= out.at(-1)! + 1) out[out.length - 1] = Math.max(out.at(-1)!, to)
    else out.push(from, to)
  }
  return out
}

export function intersects(a: Ranges, b: Ranges): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i + 1]! < b[j]!) i += 2
    else if (b[j + 1]! < a[i]!) j += 2
    else return true
  }
  return false
}

export const isUniversal = (set: Ranges): boolean => set.length === 2 && set[0] === 0 && set[1] === last

function negated(set: Ranges): Ranges {
  const out: number[] = []
  let from = 0
  for (let i = 0; i < set.length; i += 2) {
    if (set[i]! > from) out.push(from, set[i]! - 1)
    from = set[i + 1]! + 1
  }
  if (from <= last) out.push(from, last)
  return out
}

/** Thrown inside the parser for everything that is left to RE2, errors included. */
class NotSimple extends Error {}

/** Parses `source`; undefined when it holds anything beyond this part of the syntax. */
export function parseSimple(source: string, dotAll: boolean): Parsed | undefined {
  if (source.length > 2000) return undefined
  const parser = new Parser(source, dotAll)
  try {
    return parser.whole()
  } catch (error) {
    if (error instanceof NotSimple) return undefined
    throw error
  }
}

interface Piece {
  readonly node: Node
  readonly js: string
  /** Whether it can match nothing. */
  readonly empty: boolean
}

class Parser {
  private readonly source: string
  private readonly dot: Ranges
  private at = 0
  private depth = 0
  private readonly names: string[] = ['']

  constructor(source: string, dotAll: boolean) {
    this.source = source
    this.dot = dotAll ? [0, last] : negated([10, 10])
  }

  whole(): Parsed {
    const begins = this.take('^')
    const { node, js } = this.alternatives()
    const ends = this.take('$')
    // Anchors belong to the alternative in which they stand; only without others is that the whole.
    if (this.at < this.source.length || ((begins || ends) && node.kind === 'any of')) throw new NotSimple()
    return { node, js, names: this.names, begins, ends }
  }

  private take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  private alternatives(): Piece {
    if (++this.depth > 50) throw new NotSimple()
    const items = [this.sequence()]
    while (this.take('|')) items.push(this.sequence())
    this.depth--
    if (items.length === 1) return items[0]!
    return {
      node: { kind: 'any of', items: items.map(item => item.node) },
      js: items.map(item => item.js).join('|'),
      empty: items.some(item => item.empty),
    }
  }

  private sequence(): Piece {
    const items: Piece[] = []
    while (this.at < this.source.length && !'|)$'.includes(this.source[this.at]!)) items.push(this.piece())
    return {
      node: items.length === 1 ? items[0]!.node : { kind: 'all of', items: items.map(item => item.node) },
      js: items.map(item => item.js).join(''),
      empty: items.every(item => item.empty),
    }
  }

  private piece(): Piece {
    if (this.take('(')) return this.group()
    const set = this.set()
    const [min, max, js] = this.quantifier()
    if (min === 1 && max === 1) return { node: { kind: 'set', set }, js: spell(set), empty: false }
    return { node: { kind: 'repeat', set, min, max }, js: spell(set) + js, empty: min === 0 }
  }

  private group(): Piece {
    let open = '('
    if (this.take('?')) {
      if (this.take(':')) open = '(?:'
      else {
        const name = /P?<([A-Za-z0-9_]+)>/y
        name.lastIndex = this.at
        const found = name.exec(this.source)
        if (found === null) throw new NotSimple()
        this.at += found[0].length
        this.names.push(found[1]!)
      }
    } else this.names.push('')
    const inner = this.alternatives()
    if (!this.take(')')) throw new NotSimple()
    const [min, max, js] = this.quantifier()
    const group: Piece = { node: { kind: 'group', item: inner.node }, js: `${open}${inner.js})`, empty: inner.empty }
    if (min === 1 && max === 1) return group
    // Repeated groups differ in what they capture, and optional ones that match nothing in whether they took part.
    if (min !== 0 || max !== 1 || inner.empty) throw new NotSimple()
    return { node: { kind: 'optional', item: group.node }, js: group.js + js, empty: true }
  }

  private quantifier(): [min: number, max: number, js: string] {
    const pattern = /(?:[*+?]|\{(\d{1,4})(,(\d{0,4}))?\})\??/y
    pattern.lastIndex = this.at
    const found = pattern.exec(this.source)
    if (found === null) return [1, 1, '']
    const [js, low, comma, high] = found
    this.at += js.length
    const min = low === undefined ? (js[0] === '+' ? 1 : 0) : Number(low)
    const max = low === undefined ? (js[0] === '?' ? 1 : Infinity) : comma === undefined ? min : high === '' ? Infinity : Number(high)
    const zeros = [low, high].some(digits => digits !== undefined && digits.length > 1 && digits.startsWith('0'))
    // What RE2 refuses, and what it takes as plain text, it shall say itself.
    if (zeros || min > max || min > 1000 || (max !== Infinity && max > 1000) || max === 0) throw new NotSimple()
    if ('*+?{'.includes(this.source[this.at] ?? ' ')) throw new NotSimple()
    return [min, max, js]
  }

  private set(): Ranges {
    if (this.take('.')) return this.dot
    if (this.take('[')) return this.bracket()
    if ('*+?{}^'.includes(this.source[this.at]!)) throw new NotSimple()
    return this.character()
  }

  /** One character, or a class written as an escape. */
  private character(): Ranges {
    const code = this.source.codePointAt(this.at)
    if (code === undefined) throw new NotSimple()
    this.at += code > 0xffff ? 2 : 1
    if (code !== 0x5c) return [code, code]
    const letter = this.source[this.at++] ?? ''
    if (Object.hasOwn(classes, letter)) return classes[letter]!
    const control = Object.hasOwn(controls, letter) ? controls[letter]! : undefined
    if (control !== undefined) return [control, control]
    if (!/^[!-/:-@[-`{-~ ]$/.test(letter)) throw new NotSimple()
    const escaped = letter.charCodeAt(0)
    return [escaped, escaped]
  }

  private bracket(): Ranges {
    const negate = this.take('^')
    if (this.source[this.at] === ']') throw new NotSimple()
    let set: Ranges = []
    while (!this.take(']')) {
      if (this.source.startsWith('[:', this.at)) throw new NotSimple()
      const from = this.character()
      if (this.source[this.at] === '-' && this.source[this.at + 1] !== ']') {
        this.at++
        const to = this.character()
        if (from.length !== 2 || from[0] !== from[1] || to.length !== 2 || to[0] !== to[1] || to[0]! < from[0]!) throw new NotSimple()
        set = union(set, [from[0]!, to[0]!])
      } else set = union(set, from)
    }
    return negate ? negated(set) : set
  }
}

/** A set in JavaScript's syntax. */
function spell(set: Ranges): string {
  if (isUniversal(set)) return '[^]'
  if (set.length === 2 && set[0] === set[1]) return spellCode(set[0]!)
  let out = '['
  for (let i = 0; i < set.length; i += 2) out += set[i] === set[i + 1] ? spellCode(set[i]!) : `${spellCode(set[i]!)}-${spellCode(set[i + 1]!)}`
  return `${out}]`
}

const spellCode = (code: number): string => {
  const char = String.fromCodePoint(code)
  return /^[A-Za-z0-9_]$/.test(char) ? char : `\\u{${code.toString(16)}}`
}
