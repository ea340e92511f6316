/**
 * Columns that are as wide as their widest cell, over runs of consecutive lines ("elastic tabstops"). Cells end with a tab character;
 * the last cell of a line belongs to no column. `\f` breaks the line and all columns.
 */

/** Marks both ends of text in which nothing is a tab or a line break. It cannot be in a source: it is no character. */
export const escapeMark = '\udfff'

/** Width of a tab in columns that consist of leading tabs. */
const tabWidth = 8
const padding = 1

interface Column {
  /** Of its widest cell, padding included. */
  width: number
  /** Whether all its cells are empty and end with `\v`: then it takes no room. */
  discardable: boolean
}

interface Cell {
  text: string
  /** Undefined for the last cell of a line. */
  column: Column | undefined
}

/** Lays out `text`: `\t` and `\v` end cells, `\n` ends a line, `\f` a line and every column. Escape marks stay. */
export function align(text: string): string {
  const lines: { cells: Cell[]; last: boolean }[] = []
  let open: Column[] = []
  for (const line of splitLines(text)) {
    const count = Math.max(0, line.cells.length - 1)
    open.length = Math.min(open.length, count)
    const cells = line.cells.map(({ text: content, hard }, index): Cell => {
      if (index === count) return { text: content, column: undefined }
      const column = open[index] ??= { width: padding, discardable: true }
      const width = cellWidth(content)
      column.width = Math.max(column.width, width + padding)
      if (width > 0 || hard) column.discardable = false
      return { text: content, column }
    })
    lines.push({ cells, last: line.end === '' })
    if (line.end === '\f') open = []
  }
  return lines.map(({ cells, last }) => layOut(cells) + (last ? '' : '\n')).join('')
}

interface RawLine {
  cells: { text: string; hard: boolean }[]
  end: '\n' | '\f' | ''
}

function splitLines(text: string): RawLine[] {
  const lines: RawLine[] = []
  let cells: RawLine['cells'] = []
  let start = 0
  let escaped = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === escapeMark) escaped = !escaped
    if (escaped || (char !== '\t' && char !== '\v' && char !== '\n' && char !== '\f')) continue
    cells.push({ text: text.slice(start, i), hard: char === '\t' })
    start = i + 1
    if (char === '\n' || char === '\f') {
      lines.push({ cells, end: char })
      cells = []
    }
  }
  if (start < text.length) cells.push({ text: text.slice(start), hard: false })
  lines.push({ cells, end: '' })
  return lines
}

/** Characters, each counting one, without the marks. */
function cellWidth(text: string): number {
  let width = 0
  for (const char of text) if (char !== escapeMark) width++
  return width
}

function layOut(cells: readonly Cell[]): string {
  let out = ''
  let leading = true
  for (const { text, column } of cells) {
    if (text !== '') leading = false
    out += text
    if (column === undefined) continue
    const width = column.discardable ? 0 : column.width
    out += leading ? '\t'.repeat(Math.ceil(width / tabWidth)) : ' '.repeat(Math.max(0, width - cellWidth(text)))
  }
  return out
}

/** Removes blanks at the ends of lines, and the marks; what stands between marks stays as it is. */
export function trimLines(text: string): string {
  const parts = text.split(escapeMark)
  return parts.map((part, index) => index % 2 === 1 ? part : trimPart(part, index === parts.length - 1)).join('')
}

function trimPart(part: string, last: boolean): string {
  const lines = part.split(/[\n\f]/)
  return lines.map((line, index) => index < lines.length - 1 || last ? trimBlanks(line) : line).join('\n').replaceAll('\v', '\t')
}

function trimBlanks(line: string): string {
  let end = line.length
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t' || line[end - 1] === '\v')) end--
  return line.slice(0, end)
}
