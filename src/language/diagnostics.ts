/** Problems with their place, and how people and programs see them. */
import type { Problem, Severity } from './message.ts'
import type { LineMap, Position, Span } from './source.ts'

export type { Position } from './source.ts'
export { positionAt } from './source.ts'

/** A problem at a place. `end` is the last character that belongs to it, as in Alloy: one character has `start` equal to `end`. */
export interface Diagnostic {
  severity: Severity
  code: string
  message: string
  file: string
  start: Position
  end: Position
  hint?: string
}

/** Puts a problem at a range of a file. */
export function diagnose(problem: Problem, file: string, lines: LineMap, span: Span): Diagnostic {
  const start = lines.position(span.start)
  return { ...problem, file, start, end: span.end - span.start > 1 ? lastByte(lines.position(span.end)) : start }
}

/** What ends before `end` has its last byte one before it; ranges never end in a line break. */
function lastByte(end: Position): Position {
  return { offset: end.offset - 1, line: end.line, column: end.column - 1 }
}

/** The form of `--json`: flat, positions as in `Diagnostic`, every field always there; the hint is empty where there is none. */
export function toJson(diagnostic: Diagnostic): Record<string, string | number> {
  const { file, start, end, severity, code, message, hint = '' } = diagnostic
  return { file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column, severity, code, message, hint }
}

/** `file:line:column`, or what is known of it. */
export function placeOf({ file, start }: Pick<Diagnostic, 'file' | 'start'>): string {
  const parts = [...(file === '' ? [] : [file]), ...(start.line > 0 ? [start.line, start.column] : [])]
  return parts.length === 0 ? '-' : parts.join(':')
}

export interface RenderOptions {
  /** Terminal colours. */
  color?: boolean
  /** Whether the way out is printed below the frame; yes unless said otherwise. */
  hints?: boolean
}

/** Lines shown before and after the place. */
const context = 1
/** With longer lines than this a frame shows nothing that a person could read, and is left out. */
const longestLine = 2000
/** Width of a tab in a code frame. */
const tab = '    '

/**
 * A diagnostic as `alloy validate` and `alloy fmt` print it: severity, place and message, and the lines around with the place
 * underlined; then the hint. Ends with a line break. Without source text there is no frame.
 */
export function renderDiagnostic(diagnostic: Diagnostic, sourceText: string | undefined, options: RenderOptions = {}): string {
  const paint = options.color === true ? colored : plain
  const error = diagnostic.severity === 'error'
  const title = paint(error ? '31;1' : '33;1', error ? 'Error: ' : 'Warning: ')
  let out = `${title}${paint('1', `${placeOf(diagnostic)}: ${diagnostic.message}`)}\n`
  const lines = sourceText === undefined || diagnostic.start.line === 0 ? '' : frame(diagnostic, sourceText)
  if (lines !== '') out += `\n${lines}`
  if (diagnostic.hint !== undefined && options.hints !== false) out += `\n${paint('1', 'Hint:')} ${diagnostic.hint}\n`
  return out
}

const plain = (_code: string, text: string) => text
const colored = (code: string, text: string) => `\x1b[${code}m${text}\x1b[0m`

/** Several diagnostics, a blank line between them; `sources` finds a file's text by name. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[], sources: (file: string) => string | undefined, options: RenderOptions = {},
): string {
  return diagnostics.map(diagnostic => renderDiagnostic(diagnostic, sources(diagnostic.file), options)).join('\n')
}

function frame({ start, end }: Diagnostic, sourceText: string): string {
  const lines = sourceText.split('\n')
  const first = Math.max(start.line - context, 1)
  const last = Math.min(end.line + context, lines.length)
  if (lines.slice(first - 1, last).some(line => line.length > longestLine)) return ''
  const margin = String(last).length
  const multiline = end.line > start.line

  let out = ''
  for (let number = first; number <= last; number++) {
    const line = lines[number - 1]!
    // Of several lines only those below the first are inside the bracket that is drawn at the left.
    const bar = multiline ? (number > start.line && number <= end.line ? '| ' : '  ') : ''
    out += `${String(number).padStart(margin)} | ${bar}${line.replaceAll('\r', '').replace(/[\t\v]/g, tab)}\n`
    if (number !== start.line && !(multiline && number === end.line)) continue
    const corner = !multiline ? ' ' : number === start.line ? '  _' : ' |_'
    out += `${' '.repeat(margin)} |${corner}${underline(line, number, start, end)}\n`
  }
  return out
}

function underline(line: string, number: number, start: Position, end: Position): string {
  const multiline = end.line > start.line
  const blank = multiline ? '_' : ' '
  let out = ''
  let column = 1
  for (const char of line) {
    if (number === end.line && column > end.column) break
    const inside = number === start.line ? column >= start.column : column <= end.column
    out += char === '\t' || char === '\v' ? blank.repeat(tab.length) : inside ? '^' : blank
    column += utf8Length(char)
  }
  return out
}

function utf8Length(char: string): number {
  const code = char.codePointAt(0)!
  if (code < 0x80) return 1
  if (code < 0x800 || (code >= 0xdc80 && code <= 0xdcff)) return code < 0x800 ? 2 : 1
  return code < 0x10000 ? 3 : 4
}
