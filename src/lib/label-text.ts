/** How names are sorted, judged and written in Prometheus' and Loki's text formats. */

import { quoteGo } from './go-quote.ts'

/** The order of UTF-8 bytes, which is that of code points, as Go sorts: negative, zero or positive. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand for code points above all others, yet their units lie below U+E000.
    const xHigh = x >= 0xd800 && x < 0xe000
    const yHigh = y >= 0xd800 && y < 0xe000
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1
  }
  return a.length - b.length
}

/** A label name that needs no quotes: `[a-zA-Z_][a-zA-Z0-9_]*`. Asked of every name there is, so no regular expression. */
export function isLegacyLabelName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i)
    const letter = (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || unit === 0x5f
    if (!letter && (i === 0 || unit < 0x30 || unit > 0x39)) return false
  }
  return name !== ''
}

/** `{a="b", c="d"}` as Loki takes stream labels, in the order given; values quoted as Go quotes, odd names too. */
export function renderLabels(labels: Iterable<readonly [name: string, value: string]>): string {
  let out = '{'
  for (const [name, value] of labels) {
    if (out.length > 1) out += ', '
    out += `${isLegacyLabelName(name) ? name : quoteGo(name)}=${quoteGo(value)}`
  }
  return `${out}}`
}
