/** What the lines of samples have in common in both text formats. */
import type { ExpositionReader, LabelRanges, MetricType } from './exposition.ts'
import { QUOTE, type Token, type Tokens } from './exposition-tokens.ts'
import { floatProblem, isUtf8, parseFloat, quoteBytes } from './exposition-value.ts'
import { text } from './reader.ts'

/** How a dialect reads what stands between braces. */
export interface LabelDialect {
  readonly label: (tokens: Tokens) => Token
  readonly value: (tokens: Tokens) => Token
  /** Whether a label may follow the last one without a comma. */
  readonly loose: boolean
  /** Whether the braces may hold the name of the metric, in quotes. */
  readonly named: boolean
}

/** Reads to the closing brace, from after the opening one. A name among the labels becomes `reader`'s, which must have none. */
export function readLabels(reader: ExpositionReader, tokens: Tokens, into: LabelRanges, dialect: LabelDialect): void {
  let token = dialect.label(tokens)
  while (token !== 'BCLOSE') {
    if (token !== 'LNAME' && token !== 'QSTRING') throw tokens.unexpected('expected label name', token)
    const quoted = token === 'QSTRING'
    const from = quoted ? tokens.start + 1 : tokens.start
    const to = quoted ? tokens.pos - 1 : tokens.pos
    token = dialect.label(tokens)
    if (quoted && (token === 'COMMA' || token === 'BCLOSE')) {
      if (!dialect.named) throw tokens.unexpected('expected label name', token)
      if (reader.nameFrom >= 0) throw tokens.refused('metric name already set')
      reader.nameFrom = from
      reader.nameTo = to
      if (token === 'COMMA') token = dialect.label(tokens)
      continue
    }
    if (token !== 'EQUAL') throw tokens.unexpected('expected equal', token)
    token = readValue(reader, tokens, into, dialect, from, to)
  }
}

/** Reads a label's value and what follows it: the token that the next label begins with, or the closing brace. */
function readValue(
  reader: ExpositionReader, tokens: Tokens, into: LabelRanges, dialect: LabelDialect, from: number, to: number,
): Token {
  const value = dialect.value(tokens)
  if (value !== 'LVALUE') throw tokens.unexpected('expected label value', value)
  if (tokens.wide && !isUtf8(tokens.bytes, tokens.start, tokens.pos)) {
    throw tokens.error(`invalid UTF-8 label value: ${quoteBytes(tokens.bytes, tokens.start, tokens.pos)}`)
  }
  if (into.count >= reader.limits.labels) throw tokens.error(`more than ${reader.limits.labels} labels, which is the limit`)
  into.add(from, to, tokens.start + 1, tokens.pos - 1)
  const after = dialect.label(tokens)
  if (after === 'COMMA') return dialect.label(tokens)
  if (!dialect.loose && after !== 'BCLOSE') throw tokens.unexpected('expected comma or brace close', after)
  return after
}

/** The float at `from` up to where the tokens are, in the formats that Go knew before 1.13. */
export function readFloat(tokens: Tokens, from: number): number {
  const { bytes, pos } = tokens
  const value = parseFloat(bytes, from, pos)
  const problem = floatProblem(bytes, pos, value)
  if (problem === undefined) return value!
  for (let at = from; at < pos; at++) {
    const byte = bytes[at]!
    if (byte === 0x5f || (byte | 0x20) === 0x70) throw tokens.refused('unsupported character in float')
  }
  throw tokens.refused(`strconv.ParseFloat: parsing ${quoteBytes(bytes, from, pos)}: ${problem}`)
}

/** Sets the name that a help, type or unit line is about. */
export function setFamily(reader: ExpositionReader, tokens: Tokens): void {
  const quoted = tokens.bytes[tokens.start] === QUOTE ? 1 : 0
  reader.nameFrom = tokens.start + quoted
  reader.nameTo = tokens.pos - quoted
  reader.familyLength = reader.nameTo - reader.nameFrom
}

/** Checks the text of a help line. */
export function checkHelp({ bytes, textFrom, textTo }: ExpositionReader, tokens: Tokens): void {
  if (isUtf8(bytes, textFrom, textTo)) return
  throw tokens.error(`help text ${quoteBytes(bytes, textFrom, textTo)} is not a valid utf8 string`)
}

/** Sets the type that the text of a type line names; each format knows its own `types`. */
export function setType(reader: ExpositionReader, tokens: Tokens, types: ReadonlyMap<string, MetricType>): void {
  const { bytes, textFrom, textTo } = reader
  const type = types.get(text(bytes, textFrom, Math.min(textTo, textFrom + 20)))
  if (type === undefined) throw tokens.error(`invalid metric type ${quoteBytes(bytes, textFrom, textTo)}`)
  reader.type = type
}
