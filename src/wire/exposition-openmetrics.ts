/** Entries of OpenMetrics: one space between tokens, `# EOF` at the end, exemplars after samples. */
import type { Entry, ExpositionReader, MetricType } from './exposition.ts'
import { type LabelDialect, checkHelp, readFloat, readLabels, setFamily, setType } from './exposition-series.ts'
import { HASH, NEWLINE, OPEN, QUOTE, SPACE, type Token, type Tokens } from './exposition-tokens.ts'
import { quoteBytes } from './exposition-value.ts'

const types = new Map<string, MetricType>((
  ['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset', 'unknown'] as const
).map(type => [type, type]))

const labels: LabelDialect = {
  label: tokens => tokens.label(true), value: tokens => tokens.labelValue(false, true), loose: false, named: true,
}
const exemplarLabels: LabelDialect = { label: tokens => tokens.label(false), value: exemplarToken, loose: false, named: false }

const keywords = new Map<number, Token>([[0x48, 'HELP'], [0x54, 'TYPE'], [0x55, 'UNIT'], [0x45, 'EOFWORD']])
const UNENDED = 'data does not end with # EOF'

/** Goes to the next entry of OpenMetrics. */
export function nextOpenMetrics(reader: ExpositionReader, tokens: Tokens): Entry {
  tokens.entry = tokens.pos
  const token = startToken(tokens)
  switch (token) {
    case 'EOFWORD':
      if (tokens.pos < tokens.end) throw tokens.error('unexpected data after # EOF')
      return 'end'
    case 'EOF': throw tokens.error(UNENDED)
    case 'HELP':
      readMeta(reader, tokens, token)
      checkHelp(reader, tokens)
      return 'help'
    case 'TYPE':
      readMeta(reader, tokens, token)
      setType(reader, tokens, types)
      return 'type'
    case 'UNIT': return readUnit(reader, tokens)
    case 'BOPEN':
      reader.nameFrom = -1
      return readSample(reader, tokens, true)
    case 'MNAME':
      reader.nameFrom = tokens.start
      reader.nameTo = tokens.pos
      return readSample(reader, tokens, false)
    default: throw tokens.unexpected('expected a valid start token', token)
  }
}

function startToken(tokens: Tokens): Token {
  if (tokens.pos >= tokens.end) return 'EOF'
  if (tokens.peek() === OPEN) return tokens.take('BOPEN')
  if (tokens.peek() !== HASH) return tokens.name()
  tokens.start = tokens.pos++
  if (tokens.peek() !== SPACE) return 'INVALID'
  tokens.pos++
  const token = keywords.get(tokens.peek())
  if (token === undefined) return 'INVALID'
  if (token !== 'EOFWORD') return tokens.keyword(`${token} `) ? token : 'INVALID'
  if (!tokens.keyword('EOF')) return 'INVALID'
  if (tokens.peek() === NEWLINE) tokens.step()
  return token
}

/** The name and the text of a line of metadata. */
function readMeta(reader: ExpositionReader, tokens: Tokens, keyword: Token): void {
  const name = tokens.pos < tokens.end ? tokens.metaName() : 'EOF'
  if (name !== 'MNAME') throw tokens.unexpected(`expected metric name after ${keyword}`, name)
  setFamily(reader, tokens)
  if (tokens.peek() !== SPACE) throw tokens.error(`expected text in ${keyword}`)
  reader.textFrom = tokens.pos + 1
  for (let byte = tokens.step(); byte !== NEWLINE; byte = tokens.step()) {
    if (tokens.pos >= tokens.end) throw tokens.error(`expected text in ${keyword}`)
  }
  tokens.step()
  reader.textTo = tokens.pos - 1
}

function readUnit(reader: ExpositionReader, tokens: Tokens): Entry {
  readMeta(reader, tokens, 'UNIT')
  const { bytes, nameFrom, nameTo, textFrom, textTo } = reader
  const length = textTo - textFrom
  if (length === 0) return 'unit'
  const shift = nameTo - textTo
  let suffix = nameTo - nameFrom > length && bytes[nameTo - length - 1] === 0x5f
  for (let at = textFrom; suffix && at < textTo; at++) suffix = bytes[at] === bytes[at + shift]
  if (!suffix) {
    throw tokens.error(`unit ${quoteBytes(bytes, textFrom, textTo)} not a suffix of metric ${quoteBytes(bytes, nameFrom, nameTo)}`)
  }
  return 'unit'
}

function readSample(reader: ExpositionReader, tokens: Tokens, braced: boolean): Entry {
  reader.seriesFrom = tokens.start
  let token: Token = braced ? 'BOPEN' : afterName(tokens)
  reader.seriesTo = reader.nameTo
  if (token === 'BOPEN') {
    readLabels(reader, tokens, reader.labels, labels)
    reader.seriesTo = tokens.pos
    token = afterName(tokens)
    if (reader.nameFrom < 0) throw tokens.refused('metric name not set')
  }
  return readRest(reader, tokens, token)
}

/** Reads the value of a series that is known already, from behind it on. */
export function nextOpenMetricsValue(reader: ExpositionReader, tokens: Tokens): Entry {
  return readRest(reader, tokens, afterName(tokens))
}

function readRest(reader: ExpositionReader, tokens: Tokens, token: Token): Entry {
  if (token !== 'VALUE') throw tokens.unexpected('expected value after metric', token)
  reader.value = readFloat(tokens, tokens.start + 1)
  let after = afterValue(tokens)
  reader.hasTimestamp = after === 'TIMESTAMP'
  if (after === 'TIMESTAMP') {
    reader.timestamp = readTimestamp(tokens, 'timestamp')
    after = afterValue(tokens)
    if (after !== 'LINEBREAK' && after !== 'COMMENT') throw tokens.unexpected('expected next entry after timestamp', after)
  }
  if (after === 'COMMENT') readExemplar(reader, tokens)
  else if (after === 'EOF') throw tokens.error(UNENDED)
  else if (after !== 'LINEBREAK') throw unstarted(tokens)
  return 'series'
}

/** Prometheus takes a sample with something odd behind it, and then fails to begin an entry there. */
function unstarted(tokens: Tokens): Error {
  tokens.entry = tokens.pos
  const token = afterValue(tokens)
  return token === 'EOF' ? tokens.error(UNENDED) : tokens.unexpected('expected a valid start token', token)
}

function readExemplar(reader: ExpositionReader, tokens: Tokens): void {
  reader.exemplarLabels.count = 0
  readLabels(reader, tokens, reader.exemplarLabels, exemplarLabels)
  const token = exemplarToken(tokens)
  if (token !== 'VALUE') throw tokens.unexpected('expected value after exemplar labels', token)
  reader.exemplarValue = readFloat(tokens, tokens.start + 1)
  let after = afterExemplar(tokens)
  if (after === 'EOF') throw tokens.error(UNENDED)
  reader.hasExemplarTimestamp = after === 'TIMESTAMP'
  if (after === 'TIMESTAMP') {
    reader.exemplarTimestamp = readTimestamp(tokens, 'exemplar timestamp')
    after = afterExemplar(tokens)
    if (after !== 'LINEBREAK') throw tokens.unexpected('expected next entry after exemplar timestamp', after)
  }
  if (after !== 'LINEBREAK') throw tokens.unexpected('expected timestamp or comment', after)
  reader.hasExemplar = true
}

/** A space and what follows it up to the next one. */
function word(tokens: Tokens, token: Token): Token {
  tokens.start = tokens.pos++
  const from = tokens.pos
  tokens.word()
  return tokens.pos > from ? token : 'INVALID'
}

/** Anything that begins with none of the bytes that a place knows. */
function invalid(tokens: Tokens): Token {
  tokens.start = tokens.pos
  return 'INVALID'
}

function afterName(tokens: Tokens): Token {
  if (tokens.pos >= tokens.end) return 'EOF'
  const byte = tokens.peek()
  if (byte === SPACE) return word(tokens, 'VALUE')
  return byte === OPEN ? tokens.take('BOPEN') : invalid(tokens)
}

function afterValue(tokens: Tokens): Token {
  if (tokens.pos >= tokens.end) return 'EOF'
  const byte = tokens.peek()
  if (byte === NEWLINE) return tokens.take('LINEBREAK')
  if (byte !== SPACE) return invalid(tokens)
  tokens.start = tokens.pos++
  if (tokens.peek() === HASH) {
    tokens.pos++
    if (tokens.peek() === SPACE) {
      tokens.pos++
      if (tokens.peek() !== OPEN) return 'INVALID'
      tokens.pos++
      return 'COMMENT'
    }
    tokens.word()
    return 'TIMESTAMP'
  }
  const from = tokens.pos
  tokens.word()
  return tokens.pos > from ? 'TIMESTAMP' : 'INVALID'
}

function afterExemplar(tokens: Tokens): Token {
  if (tokens.pos >= tokens.end) return 'EOF'
  const byte = tokens.peek()
  if (byte === NEWLINE) return tokens.take('LINEBREAK')
  return byte === SPACE ? word(tokens, 'TIMESTAMP') : invalid(tokens)
}

/** The value of an exemplar, or of a label of one: Prometheus looks for both in either place. */
function exemplarToken(tokens: Tokens): Token {
  if (tokens.pos >= tokens.end) return 'EOF'
  const byte = tokens.peek()
  if (byte === SPACE) return word(tokens, 'VALUE')
  return byte === QUOTE ? tokens.labelValue(false, false) : invalid(tokens)
}

/** Seconds with a fraction, as milliseconds without one. */
function readTimestamp(tokens: Tokens, what: string): number {
  const seconds = readFloat(tokens, tokens.start + 1)
  if (!Number.isFinite(seconds)) {
    throw tokens.error(`invalid ${what} ${Number.isNaN(seconds) ? 'NaN' : seconds > 0 ? '+Inf' : '-Inf'}`)
  }
  return milliseconds(seconds)
}

/** Go's conversion on amd64: what does not fit becomes the least integer. */
export function milliseconds(seconds: number): number {
  const value = Math.trunc(seconds * 1000)
  return value >= -(2 ** 63) && value < 2 ** 63 ? value : -(2 ** 63)
}
