/**
 * Regular expressions as users of Alloy write them: RE2 syntax, leftmost-first matches, and time linear in the text. re2js does the
 * work, except where an analysis (regex-native.ts) proves that the engine's own RegExp answers the same as fast.
 */

import { MatcherInput, RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js'
import { nativeEquivalent, type NativeRegex } from './regex-native.ts'
import { fill, parseTemplate, type Template } from './regex-template.ts'

export interface RegexFlags {
  /** The whole text has to match, and `.` matches newlines too, as Prometheus wraps patterns: `^(?s:...)$`. */
  readonly anchored?: boolean
  /** `.` matches newlines too. */
  readonly dotAll?: boolean
}

/** A pattern that RE2 refuses; the message is worded as Go's regexp/syntax words it and quotes the offending part. */
export class RegexError extends Error {
  override readonly name = 'RegexError'
  readonly pattern: string

  constructor(pattern: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.pattern = pattern
  }
}

/** One match. Positions are UTF-16 offsets into the text. */
export class Match {
  readonly index: number
  /** Group 0 is the whole match; a group that took no part is undefined. */
  readonly groups: readonly (string | undefined)[]
  /** Names of the groups by index, '' for one without a name. */
  readonly names: readonly string[]

  constructor(index: number, groups: readonly (string | undefined)[], names: readonly string[]) {
    this.index = index
    this.groups = groups
    this.names = names
  }

  get text(): string {
    return this.groups[0]!
  }

  get end(): number {
    return this.index + this.groups[0]!.length
  }

  /** What the first group of that name that took part matched, as Go picks it. */
  named(name: string): string | undefined {
    for (let i = 1; i < this.names.length; i++) if (this.names[i] === name && this.groups[i] !== undefined) return this.groups[i]
    return undefined
  }
}

export interface Regex {
  /** The pattern as the user wrote it, without the anchors. */
  readonly source: string
  /** Names of the groups by index, '' for one without a name; `names.length - 1` is the number of groups. */
  readonly names: readonly string[]
  /** Whether native code does the matching (for the bench and the curious). */
  readonly native: boolean
  test(text: string): boolean
  /** The leftmost match at or after `from`. */
  exec(text: string, from?: number): Match | undefined
  /** Start and end of every group of the leftmost match at or after `from`, flat; -1 for groups that took no part. */
  spans(text: string, from?: number): readonly number[] | undefined
  /** All matches that do not overlap, as Go's FindAll: an empty match right after another one does not count. */
  matchAll(text: string): Iterable<Match>
  /** `template` with `$1`, `${1}`, `$name`, `${name}` and `$$` replaced as Go's Expand does; an unknown group is empty. */
  expand(template: string | Template, match: Match): string
  /** Replaces every match by an expanded template, or by what a function makes of it. */
  replaceAll(text: string, replacement: string | Template | ((match: Match) => string)): string
}

/** Compiles `source`; throws RegexError for what RE2 refuses. */
export function compileRegex(source: string, flags: RegexFlags = {}): Regex {
  const wrapped = flags.anchored ? `^(?s:${source})$` : flags.dotAll ? `(?s:${source})` : source
  const native = nativeEquivalent(source, flags)
  return native === undefined ? regexOf(source, wrapped, compileRe2(source, wrapped)) : regexOf(source, wrapped, undefined, native)
}

/** A native match notes a position for each character that a repetition ran over, and that memory is bounded. */
const maxNativeText = 65_536

interface Re2 {
  readonly re: RE2JS
  readonly names: readonly string[]
}

function regexOf(source: string, wrapped: string, compiled?: Re2, native?: NativeRegex): Regex {
  // With a native twin, re2js compiles only when positions of groups are asked for.
  let re2 = compiled
  const engine = () => (re2 ??= compileRe2(source, wrapped))
  const names = native?.names ?? re2!.names

  const spans = (text: string, from = 0): readonly number[] | undefined => {
    const [found, at] = engine().re.re2().matchWithGroup(MatcherInput.utf16(text), from, text.length, 0, names.length) as [boolean, number[] | null]
    return found ? at! : undefined
  }
  const execRe2 = (text: string, from = 0): Match | undefined => {
    const at = spans(text, from)
    if (at === undefined) return undefined
    const groups = names.map((_, i) => (at[2 * i]! < 0 ? undefined : text.slice(at[2 * i], at[2 * i + 1])))
    return new Match(at[0]!, groups, names)
  }
  const execNative = (text: string, from = 0): Match | undefined => {
    if (text.length > maxNativeText) return execRe2(text, from)
    const regexp = native!.regexp
    regexp.lastIndex = from
    const found = regexp.exec(text)
    return found === null ? undefined : new Match(found.index, found, names)
  }
  const testRe2 = (text: string): boolean => engine().re.test(text)
  const testNative = (text: string): boolean => {
    if (text.length > maxNativeText) return testRe2(text)
    native!.regexp.lastIndex = 0
    return native!.regexp.test(text)
  }
  const exec = native === undefined ? execRe2 : execNative
  const matchAll = (text: string) => allMatches(text, exec)

  return {
    source,
    names,
    native: native !== undefined,
    exec,
    spans,
    matchAll,
    test: native === undefined ? testRe2 : testNative,
    expand: (template, match) => fill(typeof template === 'string' ? parseTemplate(template) : template, match),
    replaceAll(text, replacement) {
      const replace = typeof replacement === 'function' ? replacement : templateReplacer(replacement)
      let out = ''
      let last = 0
      for (const match of matchAll(text)) {
        out += text.slice(last, match.index) + replace(match)
        last = match.end
      }
      return last === 0 && out === '' ? text : out + text.slice(last)
    },
  }
}

function templateReplacer(replacement: string | Template): (match: Match) => string {
  const template = typeof replacement === 'string' ? parseTemplate(replacement) : replacement
  return match => fill(template, match)
}

function* allMatches(text: string, exec: (text: string, from: number) => Match | undefined): Generator<Match> {
  let from = 0
  let previousEnd = -1
  while (from <= text.length) {
    const match = exec(text, from)
    if (match === undefined) return
    const { index, end } = match
    // An empty match moves on by one code point, so that the next one cannot be the same.
    if (end === index) {
      if (index !== previousEnd) yield match
      from = end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1)
    } else {
      yield match
      from = end
    }
    previousEnd = end
  }
}

function compileRe2(source: string, wrapped: string): Re2 {
  try {
    const { pattern, names } = uniqueNames(wrapped)
    const re = RE2JS.compile(pattern)
    const byIndex = Array.from({ length: re.groupCount() + 1 }, () => '')
    for (const [name, index] of Object.entries(re.namedGroups())) byIndex[index] = names.get(name) ?? name
    return { re, names: byIndex }
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    // What the user wrote explains more than what it is wrapped in, unless only the wrapping makes it wrong.
    if (wrapped !== source) compileRe2(source, source)
    throw new RegexError(source, message(error, source), error)
  }
}

/** Go quotes an expression in each of its messages, the whole pattern where no part of it is to blame. */
function message(error: RE2JSException, pattern: string): string {
  if (!(error instanceof RE2JSSyntaxException)) return `error parsing regexp: ${error.message}`
  const description = error.getDescription()
  const part = error.getPattern() ?? (description.startsWith('trailing backslash') ? '' : pattern)
  return `error parsing regexp: ${description}: \`${part}\``
}

/** Go allows two groups of one name and re2js does not: later ones get a name of their own, and `names` leads back. */
function uniqueNames(pattern: string): { pattern: string; names: ReadonlyMap<string, string> } {
  const names = new Map<string, string>()
  const seen = new Set<string>()
  // Escapes, quoted runs and classes come first, because a group cannot begin inside them.
  const token = /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\\[^]|\[:\^?\w+:\]|[^\]\\])*\]|\(\?P?<(\w+)>/g
  const renamed = pattern.replace(token, (whole, name: string | undefined) => {
    if (name === undefined || !seen.has(name)) {
      if (name !== undefined) seen.add(name)
      return whole
    }
    let fresh = `${name}_${names.size}`
    while (seen.has(fresh) || pattern.includes(fresh)) fresh += '_'
    names.set(fresh, name)
    return whole.replace(`<${name}>`, `<${fresh}>`)
  })
  return { pattern: renamed, names }
}
