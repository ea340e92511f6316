/** Entries of the classic text format: blanks may stand between all tokens, and a NUL where a line could begin ends everything. */
import { text } from '../lib/bytes.ts'
import type { Entry, ExpositionReader, MetricType } from './exposition.ts'
import { type LabelDialect, checkHelp, readFloat, readLabels, setFamily, setType } from './exposition-series.ts'
import { BLANK, DIGIT, HASH, NEWLINE, NUL, OPEN, type Token, type Tokens, kinds } from './exposition-tokens.ts'
import { quoteBytes } from './exposition-value.ts'

const types = new Map<string, MetricType>([
  ['counter', 'counter'], ['gauge', 'gauge'], ['histogram', 'histogram'], ['summary', 'summary'], ['untyped', 'unknown'],
])

const labels: LabelDialect = {
  label(tokens) {
    tokens.over(BLANK)
    return tokens.label(true)
  },
  value(tokens) {
    while ((kinds[tokens.peek()]! & BLANK) !== 0) tokens.step()
    return tokens.labelValue(true, true)
  },
  loose: true,
  named: true,
}

const LARGEST = 2 ** 63

/** Goes to the next entry of the classic format. */
export function nextText(reader: ExpositionReader, tokens: Tokens): Entry {
  for (;;) {
    tokens.entry = tokens.pos
    switch (startToken(tokens)) {
      case 'EOF': return 'end'
      case 'LINEBREAK': continue
      case 'HELP': return readHelp(reader, tokens)
      case 'TYPE': return readType(reader, tokens)
      case 'COMMENT': return readComment(reader, tokens)
      case 'BOPEN':
        reader.nameFrom = -1
        return readSample(reader, tokens, true)
      case 'MNAME':
        reader.nameFrom = tokens.start
        reader.nameTo = tokens.pos
        return readSample(reader, tokens, false)
      default: throw tokens.unexpected('expected a valid start token', 'INVALID')
    }
  }
}

function startToken(tokens: Tokens): Token {
  tokens.over(BLANK)
  if (tokens.pos >= tokens.end) return 'EOF'
  switch (tokens.peek()) {
    case NUL: return tokens.take('EOF')
    case NEWLINE: return tokens.take('LINEBREAK')
    case OPEN: return tokens.take('BOPEN')
    case HASH: return comment(tokens)
    default: return tokens.name()
  }
}

/** A line that begins with `#`: what is neither HELP nor TYPE is a comment up to the end of the line. */
function comment(tokens: Tokens): Token {
  tokens.start = tokens.pos++
  const spaced = (kinds[tokens.peek()]! & BLANK) !== 0
  if (spaced) {
    tokens.over(BLANK)
    const keyword = tokens.peek() === 0x48 ? 'HELP' : 'TYPE'
    if (tokens.keyword(keyword) && (kinds[tokens.peek()]! & BLANK) !== 0) {
      while ((kinds[tokens.peek()]! & BLANK) !== 0) tokens.step()
      return keyword
    }
  }
  for (let byte = tokens.peek(); byte !== NEWLINE;) {
    if (byte === NUL) return 'EOF'
    if (spaced) byte = tokens.step()
    else {
      tokens.pos++
      byte = tokens.peek()
    }
  }
  return 'COMMENT'
}

function readComment(reader: ExpositionReader, tokens: Tokens): Entry {
  reader.textFrom = tokens.start
  reader.textTo = tokens.pos
  tokens.take('LINEBREAK')
  return 'comment'
}

function readHelp(reader: ExpositionReader, tokens: Tokens): Entry {
  readMeta(reader, tokens, 'HELP')
  checkHelp(reader, tokens)
  endMeta(tokens)
  return 'help'
}

function readType(reader: ExpositionReader, tokens: Tokens): Entry {
  readMeta(reader, tokens, 'TYPE')
  setType(reader, tokens, types)
  endMeta(tokens)
  return 'type'
}

/** The name after HELP or TYPE, and the text one blank later: blanks alone are none. */
function readMeta(reader: ExpositionReader, tokens: Tokens, keyword: Token): void {
  tokens.over(BLANK)
  const name = tokens.metaName()
  if (name !== 'MNAME') throw tokens.unexpected(`expected metric name after ${keyword}`, name)
  setFamily(reader, tokens)
  tokens.start = tokens.pos
  let blank = true
  for (let byte = tokens.peek(); byte !== NEWLINE && byte !== NUL; byte = tokens.step()) {
    if ((kinds[byte]! & BLANK) === 0) blank = false
  }
  reader.textTo = tokens.pos
  reader.textFrom = blank ? tokens.pos : tokens.start + 1
}

function endMeta(tokens: Tokens): void {
  // A text ends at the end of the line, or before a NUL that it would begin with.
  if (tokens.peek() === NEWLINE) tokens.take('LINEBREAK')
  else throw tokens.unexpected('linebreak expected after metadata', tokens.take('EOF'))
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
export function nextTextValue(reader: ExpositionReader, tokens: Tokens): Entry {
  return readRest(reader, tokens, afterName(tokens))
}

function readRest(reader: ExpositionReader, tokens: Tokens, token: Token): Entry {
  if (token !== 'VALUE') throw tokens.unexpected('expected value after metric', token)
  reader.value = readFloat(tokens, tokens.start)
  let after = afterValue(tokens)
  reader.hasTimestamp = after === 'TIMESTAMP'
  if (after === 'TIMESTAMP') {
    reader.timestamp = readTimestamp(tokens)
    after = afterValue(tokens)
    if (after !== 'LINEBREAK') throw tokens.unexpected('expected next entry after timestamp', after)
  }
  if (after !== 'LINEBREAK') throw tokens.unexpected('expected timestamp or new record', after)
  return 'series'
}

function afterName(tokens: Tokens): Token {
  tokens.over(BLANK)
  if (tokens.peek() === OPEN) return tokens.take('BOPEN')
  tokens.start = tokens.pos
  tokens.value()
  return tokens.pos > tokens.start ? 'VALUE' : 'INVALID'
}

function afterValue(tokens: Tokens): Token {
  tokens.over(BLANK)
  if (tokens.peek() === NEWLINE) return tokens.take('LINEBREAK')
  tokens.start = tokens.pos
  tokens.over(DIGIT)
  return tokens.pos > tokens.start ? 'TIMESTAMP' : 'INVALID'
}

/** Milliseconds, of which Go takes 63 bits. */
function readTimestamp(tokens: Tokens): number {
  const { bytes, start, pos } = tokens
  let value = 0
  for (let at = start; at < pos; at++) value = value * 10 + bytes[at]! - 0x30
  if (value < LARGEST / 2 || BigInt(text(bytes.subarray(start, Math.min(pos, start + 400)))) < 1n << 63n) return value
  throw tokens.refused(`strconv.ParseInt: parsing ${quoteBytes(bytes, start, pos)}: value out of range`)
}
