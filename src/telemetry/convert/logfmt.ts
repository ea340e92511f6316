/** logfmt as go-kit writes and reads it: `level=info msg="two words" done`. */

/** A pair; a key that stands alone in a line has the empty value. */
export type LogfmtPair = readonly [key: string, value: string]

/** What needs quotes in a value, and may not stand in a key at all. */
const odd = /[\0- ="\ufffd]/
const everyOdd = /[\0- ="\ufffd]/g

/** A line of pairs; those whose key has nothing left are left out. */
export function writeLogfmt(pairs: Iterable<LogfmtPair>): string {
  const words: string[] = []
  for (const [key, value] of pairs) {
    const name = key.replace(everyOdd, '')
    if (name !== '') words.push(`${name}=${odd.test(value) || value === 'null' ? JSON.stringify(value) : value}`)
  }
  return words.join(' ')
}

/** The pairs of a line's first record; undefined where it is no logfmt. */
export function readLogfmt(text: string): LogfmtPair[] | undefined {
  const end = text.search(/\r?\n/)
  const line = end < 0 ? text : text.slice(0, end)
  const pairs: LogfmtPair[] = []
  let at = 0
  for (;;) {
    while (at < line.length && line[at]! <= ' ') at++
    if (at === line.length) return pairs
    const key = wordAt(line, at)
    if (key === '' || key.includes('"')) return undefined
    at += key.length
    if (line[at] !== '=') {
      pairs.push([key, ''])
      continue
    }
    at++
    if (line[at] === '"') {
      const string = stringAt(line, at)
      if (string === undefined) return undefined
      pairs.push([key, string.value])
      at = string.end
    } else {
      const value = wordAt(line, at)
      if (value.includes('"')) return undefined
      pairs.push([key, value])
      at += value.length
      if (line[at] === '=') return undefined
    }
  }
}

function wordAt(line: string, start: number): string {
  let end = start
  while (end < line.length && line[end]! > ' ' && line[end] !== '=') end++
  return line.slice(start, end)
}

/** A string in quotes, with JSON's escapes, after which the pair has to end. */
function stringAt(line: string, start: number): { value: string; end: number } | undefined {
  let end = start + 1
  while (end < line.length && line[end] !== '"') end += line[end] === '\\' ? 2 : 1
  if (end >= line.length || (line[end + 1] ?? ' ') > ' ') return undefined
  try {
    return { value: JSON.parse(line.slice(start, end + 1)) as string, end: end + 1 }
  } catch {
    return undefined
  }
}
