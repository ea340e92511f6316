/** Label sets as Prometheus and Loki have them: names and values, sorted by name. */

import { quoteGo, scanQuoted } from '../lib/go-quote.ts'
import { compareNames, isLegacyLabelName } from '../lib/label-text.ts'

export { compareNames, isLegacyLabelName, renderLabels } from '../lib/label-text.ts'

export type Label = readonly [name: string, value: string]

/** Sorted by name (in the order of UTF-8 bytes), no name twice. */
export type Labels = readonly Label[]

/** A label set of pairs in any order; the last one of a name counts. */
export function labelsOf(pairs: Iterable<Label>): Labels {
  return [...new Map(pairs)].sort((a, b) => compareNames(a[0], b[0]))
}

/** The value of the label `name`, or undefined. */
export function labelValue(labels: Labels, name: string): string | undefined {
  return labels.find(label => label[0] === name)?.[1]
}

/** `over` laid over `labels`: its values win where both have a name. */
export function mergeLabels(labels: Labels, over: Labels): Labels {
  return over.length === 0 ? labels : labels.length === 0 ? over : labelsOf([...labels, ...over])
}

/** A metric name that needs no quotes: a label name that may hold colons. */
export const isLegacyMetricName = (name: string): boolean => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)

/** A label or metric name under Prometheus' UTF-8 scheme: anything that is text and not empty. */
export const isUtf8Name = (name: string): boolean => name !== '' && !/\p{Surrogate}/u.test(name)

/** Stream labels that cannot be read; `offset` counts UTF-16 units into `text`. */
export class LabelsError extends Error {
  override readonly name = 'LabelsError'
  readonly text: string
  readonly offset: number

  constructor(text: string, offset: number, problem: string) {
    const before = text.slice(0, offset).split('\n')
    super(`parse error at line ${before.length}, col ${before.at(-1)!.length + 1}: ${problem} in the labels ${clipped(text)}`)
    this.text = text
    this.offset = offset
  }
}

const clipped = (text: string) => (text.length <= 200 ? text : `${text.slice(0, 200)}...`)

/**
 * Reads `{a="b", c="d"}`: names bare or quoted, values in double, single or back quotes, a comma at the end allowed, and, as
 * promql's ParseMetric does, a metric name before or as the first thing in the braces. The last one of a name counts. Throws
 * LabelsError.
 */
export function parseLabels(text: string): Labels {
  return parsePlain(text) ?? parseAny(text)
}

/** What nearly all senders write: names sorted, values without escapes. Undefined for everything else. */
function parsePlain(text: string): Labels | undefined {
  const end = text.length - 1
  if (!text.startsWith('{') || end < 1 || text[end] !== '}' || /[\\\n]/.test(text)) return undefined
  const labels: Label[] = []
  let last = ''
  for (let at = 1; at < end;) {
    const equals = text.indexOf('="', at)
    const close = text.indexOf('"', equals + 2)
    const name = text.slice(at, equals)
    // Names without odd characters are sorted as text is.
    if (equals < 0 || close <= equals + 2 || name <= last || !isLegacyLabelName(name)) return undefined
    labels.push([name, text.slice(equals + 2, close)])
    last = name
    at = close + 1
    if (text[at] === ',') at += text[at + 1] === ' ' ? 2 : 1
    else if (at !== end) return undefined
  }
  return labels
}

function parseAny(text: string): Labels {
  const pairs: Label[] = []
  let at = 0

  const space = () => {
    while (at < text.length && /\s/.test(text[at]!)) at++
  }
  const fail = (problem: string, offset = at): never => {
    throw new LabelsError(text, offset, problem)
  }
  const found = () => (at < text.length ? `unexpected ${quoteGo(String.fromCodePoint(text.codePointAt(at)!))}` : 'unexpected end')
  const string = (): string => {
    const scanned = scanQuoted(text, at)
    if ('problem' in scanned) return fail(scanned.problem, scanned.at)
    at = scanned.end
    return scanned.value
  }
  const word = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const name = pattern.exec(text)?.[0]
    if (name !== undefined) at += name.length
    return name
  }
  const isQuote = () => at < text.length && '"\'`'.includes(text[at]!)

  const pair = () => {
    const quoted = isQuote()
    const begin = at
    const name = quoted ? string() : word(/[a-zA-Z_][a-zA-Z0-9_]*/y)
    if (name === undefined) return fail(`${found()} where a label name or } should stand`)
    space()
    if (text[at] !== '=') {
      if (quoted && pairs.length === 0 && (text[at] === ',' || text[at] === '}')) return void pairs.push(['__name__', name])
      fail(`${found()} where = should stand`)
    }
    if (name === '') fail('a label name is empty', begin)
    at++
    space()
    if (!isQuote()) fail(`${found()} where a quoted value should stand`)
    pairs.push([name, string()])
  }

  space()
  const metric = word(/[a-zA-Z_:][a-zA-Z0-9_:]*/y)
  if (metric !== undefined) pairs.push(['__name__', metric])
  space()
  if (text[at] === '{') {
    at++
    for (space(); text[at] !== '}'; space()) {
      pair()
      space()
      if (text[at] === ',') at++
      else if (text[at] !== '}') fail(`${found()} where , or } should stand`)
    }
    at++
    space()
  } else if (metric === undefined) fail(`${found()} where { should stand`)
  if (at < text.length) fail(`${found()} after the labels`)
  // An empty value is the same as no label, in both ecosystems.
  return labelsOf(pairs).filter(label => label[1] !== '')
}
