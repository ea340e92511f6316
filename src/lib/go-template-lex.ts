/**
 * Go's text/template, first half: text and actions (`{{ ... }}`) into tokens. Words of complaints are Go's, since users know them.
 * Nothing here backtracks, so the time is linear in the length of the text.
 */

/** Why a text is no template: Go's words, and where (an offset into the text). */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

export type TokenKind =
  | 'text' | 'left' | 'right' | 'end' | 'space' | 'string' | 'char' | 'number' | 'bool' | 'nil' | 'dot' | 'field' | 'variable' | 'function'
  | 'keyword' | 'pipe' | 'declare' | 'assign' | 'open' | 'close' | 'other'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly at: number
}

const keywords = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with'])
const spaces = /[ \t\r\n]*/y
const word = /[\p{L}\p{Nd}_]+/uy
const real = '(?:0[xX][\\da-fA-F_.]+(?:[pP][+-]?[\\d_]+)?|0[bB][01_]+|0[oO][0-7_]+|(?:\\d[\\d_]*(?:\\.[\\d_]*)?|\\.[\\d_]+)(?:[eE][+-]?[\\d_]+)?)'
const number = new RegExp(`[+-]?${real}(?:i|[+-]${real}i)?`, 'y')
/** What may stand behind a name. */
const terminator = /[ \t\r\n.,|:()]|$|\}\}/y

const operators: readonly (readonly [text: string, kind: TokenKind])[] = [[':=', 'declare'], ['=', 'assign'], ['|', 'pipe'], ['(', 'open'], [')', 'close']]

/** The tokens of a template, the last one of kind `end`; text beside trim markers (`{{-`, `-}}`) is trimmed, and comments are left out. */
export function* lexTemplate(source: string): Generator<Token> {
  let at = 0
  let trimNext = false
  for (;;) {
    const open = source.indexOf('{{', at)
    const trim = open >= 0 && /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4))
    let text = source.slice(at, open < 0 ? source.length : open)
    if (trimNext) text = text.replace(/^[ \t\r\n]+/, '')
    if (trim) text = trimmedEnd(text)
    if (text !== '') yield { kind: 'text', text, at }
    if (open < 0) break
    const start = open + (trim ? 3 : 2)
    const comment = lexComment(source, start, trim)
    const closed = comment ?? (yield* lexAction(source, open, start))
    at = closed.at
    trimNext = closed.trim
  }
  yield { kind: 'end', text: '', at: source.length }
}

/** Without a regular expression, which would try each space of a long run. */
function trimmedEnd(text: string): string {
  let end = text.length
  while (end > 0 && ' \t\r\n'.includes(text[end - 1]!)) end--
  return text.slice(0, end)
}

interface Closed { readonly at: number; readonly trim: boolean }

/** A comment, which fills its action; undefined where there is none. */
function lexComment(source: string, start: number, trimmed: boolean): Closed | undefined {
  const from = trimmed ? start + 1 : start
  if (!source.startsWith('/*', from)) return undefined
  const end = source.indexOf('*/', from + 2)
  if (end < 0) throw new TemplateError('unclosed comment', from)
  const closed = closing(source, end + 2)
  if (closed === undefined) throw new TemplateError('comment ends before closing delimiter', end)
  return closed
}

/** Where the action that closes at `at` ends, with a trim marker before it or without; undefined where it goes on. */
function closing(source: string, at: number): Closed | undefined {
  const trim = /^[ \t\r\n]-\}\}/.test(source.slice(at, at + 4))
  if (trim) return { at: at + 4, trim }
  return source.startsWith('}}', at) ? { at: at + 2, trim } : undefined
}

function* lexAction(source: string, open: number, start: number): Generator<Token, Closed> {
  yield { kind: 'left', text: '{{', at: open }
  let depth = 0
  for (let at = start; ;) {
    const closed = closing(source, at)
    if (closed !== undefined) {
      if (depth > 0) throw new TemplateError('unclosed left paren', at)
      yield { kind: 'right', text: '}}', at }
      return closed
    }
    const token = next(source, at)
    if (token.kind === 'open') depth++
    if (token.kind === 'close' && --depth < 0) throw new TemplateError('unexpected right paren', at)
    yield token
    at += token.text.length
  }
}

function next(source: string, at: number): Token {
  const first = source[at]
  if (first === undefined) throw new TemplateError('unclosed action', at)
  const token = (kind: TokenKind, text: string): Token => ({ kind, text, at })
  const match = (pattern: RegExp, from = at) => { pattern.lastIndex = from; return pattern.exec(source)?.[0] }
  const space = match(spaces)!
  // The last space before a trim marker belongs to it.
  if (space !== '') return token('space', space.length > 1 && closing(source, at + space.length - 1)?.trim === true ? space.slice(0, -1) : space)
  if (first === '"') return token('string', quoted(source, at) ?? complain('unterminated quoted string', at))
  if (first === '`') return token('string', quoted(source, at) ?? complain('unterminated raw quoted string', at))
  if (first === '\'') return token('char', quoted(source, at) ?? complain('unterminated character constant', at))
  for (const [text, kind] of operators) if (source.startsWith(text, at)) return token(kind, text)
  if (first === ':') throw new TemplateError('expected :=', at)
  if (/[+\-\d]/.test(first) || (first === '.' && /\d/.test(source[at + 1] ?? ''))) return token('number', lexNumber(source, at, match(number)))
  if (first === '$' || first === '.') {
    const name = match(word, at + 1) ?? ''
    const end = at + 1 + name.length
    if (match(terminator, end) === undefined) throw new TemplateError(`bad character ${shown(source, end)}`, end)
    return token(first === '$' ? 'variable' : name === '' ? 'dot' : 'field', first + name)
  }
  const name = match(word)
  if (name !== undefined) return identifier(source, at, name)
  if (/[!-~]/.test(first)) return token('other', first)
  throw new TemplateError(`unrecognized character in action: ${shown(source, at)}`, at)
}

/** What stands between the quote at `at` and the next one like it; escapes and line breaks count in all but raw strings. */
function quoted(source: string, at: number): string | undefined {
  const quote = source[at]!
  for (let end = at + 1; end < source.length; end++) {
    const char = source[end]
    if (char === quote) return source.slice(at, end + 1)
    if (quote === '`') continue
    if (char === '\n' || (char === '\\' && source[++end] === '\n')) return undefined
  }
  return undefined
}

function identifier(source: string, at: number, text: string): Token {
  terminator.lastIndex = at + text.length
  if (!terminator.test(source)) throw new TemplateError(`bad character ${shown(source, at + text.length)}`, at + text.length)
  const kind = keywords.has(text) ? 'keyword' : text === 'true' || text === 'false' ? 'bool' : text === 'nil' ? 'nil' : 'function'
  return { kind, text, at }
}

function lexNumber(source: string, at: number, text: string | undefined): string {
  word.lastIndex = at + (text?.length ?? 1)
  const rest = word.exec(source)?.[0] ?? ''
  const whole = (text ?? source[at]!) + rest
  if (rest !== '') throw new TemplateError(`bad number syntax: ${JSON.stringify(whole)}`, at)
  return whole
}

function complain(message: string, at: number): never {
  throw new TemplateError(message, at)
}

/** A character as Go's %#U shows it. */
function shown(source: string, at: number): string {
  const code = source.codePointAt(at)
  if (code === undefined) return 'EOF'
  const hex = code.toString(16).toUpperCase().padStart(4, '0')
  return code < 0x20 || code === 0x7f ? `U+${hex}` : `U+${hex} '${String.fromCodePoint(code)}'`
}
