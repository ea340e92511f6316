/**
 * Names on the way from OTLP to Prometheus and Loki: `http.server.duration` in `ms` becomes `http_server_duration_milliseconds`.
 * The rules are those of OpenTelemetry's compatibility page; their options are what its implementations differ in.
 */

/** Which letters and digits a name keeps: those of ASCII, or those of any script (which takes a destination that knows UTF-8 names). */
export type Script = 'ascii' | 'any'

export interface LabelNameRules {
  readonly script: Script
  /** Whether a name that begins with one underscore gets `key` in front. A digit in front always does. */
  readonly keyBeforeUnderscore: boolean
  /** Whether several characters that may not stay leave one underscore together. */
  readonly collapse: boolean
}

/** What the collector's exporters do to labels. */
export const collectorLabels: LabelNameRules = { script: 'any', keyBeforeUnderscore: true, collapse: false }

const odd = { ascii: /[^A-Za-z0-9]/gu, any: /[^\p{L}\p{Nd}]/gu }
const oddRun = { ascii: /[^A-Za-z0-9]+/gu, any: /[^\p{L}\p{Nd}]+/gu }
const digitFirst = /^[0-9]/

/** A label name of an attribute's key; empty only for the empty key. */
export function labelName(key: string, { script, keyBeforeUnderscore, collapse }: LabelNameRules = collectorLabels): string {
  const name = collapse ? collapsed(key, oddRun[script]) : key.replace(odd[script], '_')
  if (digitFirst.test(name)) return `key_${name}`
  return keyBeforeUnderscore && name.startsWith('_') && !name.startsWith('__') ? `key${name}` : name
}

/** Names that are reserved by two underscores on both sides keep them. */
function collapsed(key: string, run: RegExp): string {
  const reserved = key.length >= 4 && key.startsWith('__') && key.endsWith('__')
  return reserved ? `__${key.slice(2, -2).replace(run, '_')}__` : key.replace(run, '_')
}

/** Remembers label names, since the same few keys come with every item. */
export class LabelNames {
  private known = new Map<string, string>()
  private readonly rules: LabelNameRules

  constructor(rules: LabelNameRules = collectorLabels) {
    this.rules = rules
  }

  of(key: string): string {
    let name = this.known.get(key)
    if (name === undefined) {
      if (this.known.size >= 4096) this.known.clear()
      this.known.set(key, name = labelName(key, this.rules))
    }
    return name
  }
}

const units: Readonly<Record<string, string>> = {
  d: 'days', h: 'hours', min: 'minutes', s: 'seconds', ms: 'milliseconds', us: 'microseconds', ns: 'nanoseconds',
  By: 'bytes', KiBy: 'kibibytes', MiBy: 'mebibytes', GiBy: 'gibibytes', TiBy: 'tibibytes',
  KBy: 'kilobytes', MBy: 'megabytes', GBy: 'gigabytes', TBy: 'terabytes',
  m: 'meters', V: 'volts', A: 'amperes', J: 'joules', W: 'watts', g: 'grams', Cel: 'celsius', Hz: 'hertz', 1: '', '%': 'percent',
}
const perUnits: Readonly<Record<string, string>> = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week', mo: 'month', y: 'year' }

const named = (table: Readonly<Record<string, string>>, unit: string): string => (Object.hasOwn(table, unit) ? table[unit]! : unit)
const inverted = (table: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(table).filter(([, word]) => word !== '').map(([unit, word]) => [word, unit]))
const unitsByWord: Readonly<Record<string, string>> = { ...inverted(units), ratio: '1' }
const perUnitsByWord = inverted(perUnits)

/** The unit of `bytes_per_second` as OTLP writes it, `By/s`; words that are not known stay. */
export function unitOfWords(words: string): string {
  const [main, per] = splitOnce(words, '_per_')
  return named(unitsByWord, main) + (per === '' ? '' : `/${named(perUnitsByWord, per)}`)
}

/** Both sides of the slash in words. Annotations in braces (`{packet}`) are no units. */
function unitWords(unit: string): { main: string; per: string } {
  const [main, per] = splitOnce(unit, '/').map(part => (/[{}]/.test(part) ? '' : part.trim())) as [string, string]
  return { main: named(units, main), per: named(perUnits, per) }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

/** A unit in words with underscores: `By/s` is `bytes_per_second`. */
export function unitName(unit: string): string {
  const { main, per } = unitWords(unit)
  return [...tokens(main, /[^A-Za-z0-9:]+/u), ...(per === '' ? [] : ['per', ...tokens(per, /[^A-Za-z0-9:]+/u)])].join('_')
}

/** What a metric's name depends on: sums that only grow are counters. */
export interface NamedMetric {
  readonly name: string
  readonly unit: string
  readonly type: 'gauge' | 'counter' | 'other'
}

export interface MetricNameRules {
  /** Whether unit and type are added to the name. */
  readonly suffixes: boolean
  readonly script: Script
  /** Whether colons stay in names that get suffixes. */
  readonly colons: boolean
  readonly namespace?: string
}

/** What the collector's exporters do to metric names. */
export const collectorMetrics: MetricNameRules = { suffixes: true, script: 'any', colons: false }

const splitter: Readonly<Record<Script, { word: RegExp; withColons: RegExp; bare: RegExp }>> = {
  ascii: { word: /[^A-Za-z0-9]+/u, withColons: /[^A-Za-z0-9:]+/u, bare: /[^A-Za-z0-9:_]+/u },
  any: { word: /[^\p{L}\p{Nd}]+/u, withColons: /[^\p{L}\p{Nd}:]+/u, bare: /[^\p{L}\p{Nd}:_]+/u },
}
const tokens = (text: string, between: RegExp): string[] => text.split(between).filter(token => token !== '')

/** A metric's name in Prometheus, without the suffixes of histograms and summaries; empty where nothing of the name can stay. */
export function metricName({ name, unit, type }: NamedMetric, rules: MetricNameRules = collectorMetrics): string {
  const { suffixes, script, colons, namespace = '' } = rules
  const { word, withColons, bare } = splitter[script]
  if (!suffixes) {
    const plain = tokens(name, bare).join('_')
    return namespace === '' ? digitSafe(plain) : `${tokens(namespace, bare).join('_')}_${plain}`
  }
  let words = tokens(name, colons ? withColons : word)
  const { main, per } = unitWords(unit)
  const mainWord = tokens(main, word).join('_')
  const perWord = tokens(per, word).join('_')
  if (mainWord !== '' && !words.includes(mainWord)) words.push(mainWord)
  if (perWord !== '' && !words.includes(perWord)) words.push('per', perWord)
  // Instruments that count things say "1" too, so only a gauge of it is a ratio.
  const last = type === 'counter' ? 'total' : type === 'gauge' && unit === '1' ? 'ratio' : undefined
  if (last !== undefined && words.length > 0) words = [...words.filter(one => one !== last), last]
  return digitSafe([...(namespace === '' ? [] : [namespace]), ...words].join('_'))
}

const digitSafe = (name: string) => (digitFirst.test(name) ? `_${name}` : name)

/** A metric's name where names may hold any text: only the suffixes are added, and those that are there already are not doubled. */
export function utf8MetricName({ name, unit, type }: NamedMetric, { suffixes, namespace = '' }: Pick<MetricNameRules, 'suffixes' | 'namespace'>): string {
  const whole = namespace === '' ? name : `${namespace}_${name}`
  if (!suffixes) return whole
  const { main, per } = unitWords(unit)
  const last = type === 'counter' ? 'total' : type === 'gauge' && unit === '1' ? 'ratio' : ''
  const ends = [per === '' ? '' : `per_${per}`, last].filter(end => end !== '')
  const stem = ends.reduceRight((rest, end) => (rest.endsWith(end) && rest.length > end.length + 1 ? rest.slice(0, -end.length - 1) : rest), whole)
  return [stem, ...(main === '' || stem.endsWith(main) ? [] : [main]), ...ends].join('_')
}
