/** Relabelling as Alloy's `rule` blocks and Prometheus' relabel_config define it. */

import { utf8 } from '../lib/bytes.ts'
import { quoteGo } from '../lib/go-quote.ts'
import { md5 } from '../lib/md5.ts'
import { constantOf, fill, parseTemplate } from '../lib/regex-template.ts'
import { compileRegex, RegexError, type Regex } from '../lib/regex.ts'
import { isLegacyLabelName, isUtf8Name, labelsOf, type Labels } from './labels.ts'

/** The arguments of a `rule` block. Those left out take Alloy's defaults. */
export interface RelabelRule {
  readonly source_labels?: readonly string[] | undefined
  readonly separator?: string | undefined
  readonly regex?: string | undefined
  readonly modulus?: number | bigint | undefined
  readonly target_label?: string | undefined
  readonly replacement?: string | undefined
  readonly action?: string | undefined
}

/** What a rule block says where it says nothing. */
export const relabelDefaults = {
  separator: ';', regex: '(.*)', modulus: 0, target_label: '', replacement: '$1', action: 'replace',
} as const

type Rule = Required<{ [Name in keyof RelabelRule]: NonNullable<RelabelRule[Name]> }>

/** Which names a rule may produce: Alloy allows `[a-zA-Z_][a-zA-Z0-9_]*` only, Prometheus by default any UTF-8. */
export type NameScheme = 'legacy' | 'utf8'

/** A rule that cannot work: which one (from 0), which argument, and why, worded as Prometheus words it. */
export class RelabelError extends Error {
  override readonly name = 'RelabelError'
  readonly index: number
  readonly argument: keyof RelabelRule
  readonly reason: string

  constructor(index: number, argument: keyof RelabelRule, reason: string, cause?: unknown) {
    super(`rule ${index}: ${argument}: ${reason}`, { cause })
    this.index = index
    this.argument = argument
    this.reason = reason
  }
}

/** What rules do to label sets. */
export interface Relabeler {
  readonly rules: readonly RelabelRule[]
  /** The new labels, the very same array when nothing changed, or undefined when a rule dropped them. Empty values vanish. */
  relabel(labels: Labels): Labels | undefined
}

/** Labels on their way through the rules; deleting is setting to ''. Answers false to drop them all. */
type Step = (labels: Map<string, string>) => boolean

/** Compiles rules in order; throws RelabelError for the first one that cannot work. */
export function compileRules(rules: readonly RelabelRule[], names: NameScheme = 'legacy'): Relabeler {
  const steps = rules.map((rule, index) => compileRule(rule, index, names))
  return {
    rules,
    relabel(labels) {
      const map = new Map(labels)
      for (const step of steps) if (!step(map)) return undefined
      return unchanged(map, labels) ? labels : labelsOf(map)
    },
  }
}

function unchanged(map: ReadonlyMap<string, string>, labels: Labels): boolean {
  if (map.size !== labels.length) return false
  for (const [name, value] of labels) if (map.get(name) !== value) return false
  return true
}

const set = (labels: Map<string, string>, name: string, value: string) => {
  if (value === '') labels.delete(name)
  else labels.set(name, value)
}

/** Makes the step of one rule; `value` joins the source labels with the separator. */
type Compile = (rule: Rule, regex: Regex, value: (labels: Map<string, string>) => string, names: NameScheme) => Step

const actions: Record<string, Compile> = {
  keep: (_, regex, value) => labels => regex.test(value(labels)),
  drop: (_, regex, value) => labels => !regex.test(value(labels)),
  keepequal: ({ target_label }, _, value) => labels => (labels.get(target_label) ?? '') === value(labels),
  dropequal: ({ target_label }, _, value) => labels => (labels.get(target_label) ?? '') !== value(labels),
  lowercase: ({ target_label }, _, value) => labels => {
    set(labels, target_label, mapCase(value(labels), char => char.toLowerCase()))
    return true
  },
  uppercase: ({ target_label }, _, value) => labels => {
    set(labels, target_label, mapCase(value(labels), char => char.toUpperCase()))
    return true
  },
  hashmod: ({ target_label, modulus }, _, value) => labels => {
    set(labels, target_label, String(hashmod(value(labels), BigInt(modulus))))
    return true
  },
  labeldrop: (_, regex) => labels => {
    for (const name of [...labels.keys()]) if (regex.test(name)) labels.delete(name)
    return true
  },
  labelkeep: (_, regex) => labels => {
    for (const name of [...labels.keys()]) if (!regex.test(name)) labels.delete(name)
    return true
  },
  labelmap: ({ replacement }, regex) => {
    const template = parseTemplate(replacement)
    return labels => {
      // Over what stood there before, so that a label made by this rule is not mapped again.
      for (const [name, value] of [...labels]) {
        const match = regex.exec(name)
        if (match !== undefined) set(labels, fill(template, match), value)
      }
      return true
    }
  },
  replace,
}

function replace(rule: Rule, regex: Regex, value: (labels: Map<string, string>) => string, names: NameScheme): Step {
  const target = parseTemplate(rule.target_label)
  const replacement = parseTemplate(rule.replacement)
  const fixedTarget = constantOf(target)
  const fixed = constantOf(replacement)
  const validName = validNames[names]
  if (fixedTarget !== undefined && !validName(fixedTarget)) return () => true
  // The default pattern matches everything: what is left of the rule is a copy or a constant.
  const matchesAll = rule.regex === relabelDefaults.regex
  if (matchesAll && fixedTarget !== undefined && (fixed !== undefined || rule.replacement === '$1' || rule.replacement === '${1}')) {
    return labels => {
      set(labels, fixedTarget, fixed ?? value(labels))
      return true
    }
  }
  return labels => {
    const match = regex.exec(value(labels))
    if (match === undefined) return true
    const name = fixedTarget ?? fill(target, match)
    if (fixedTarget !== undefined || validName(name)) set(labels, name, fixed ?? fill(replacement, match))
    return true
  }
}

/** Go maps code point by code point: what has no single counterpart (German sharp s) stays, and no context counts (final sigma). */
function mapCase(value: string, map: (char: string) => string): string {
  if (/^[\0-\x7f]*$/.test(value)) return map(value)
  let out = ''
  for (const char of value) {
    const mapped = map(char)
    out += mapped.length > 1 && [...mapped].length > 1 ? singleCase[char] ?? char : mapped
  }
  return out
}

/** Where JavaScript answers several code points and Go one. */
const singleCase: Readonly<Record<string, string>> = { İ: 'i' }

/** Prometheus' hash of a value: the last eight bytes of its MD5, big endian, modulo `modulus`. */
export function hashmod(value: string, modulus: bigint): bigint {
  const digest = md5(utf8(value))
  let hash = 0n
  for (const byte of digest.subarray(8)) hash = (hash << 8n) | BigInt(byte)
  return hash % modulus
}

const validNames: Record<NameScheme, (name: string) => boolean> = { legacy: isLegacyLabelName, utf8: isUtf8Name }

/** A name that may hold references, in the legacy scheme. */
export const isLegacyTargetLabel = (target: string): boolean => /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))(?:\w|\$(?:\{\w+\}|\w+))*$/.test(target)

function compileRule(rule: RelabelRule, index: number, names: NameScheme): Step {
  const filled: Rule = {
    source_labels: rule.source_labels ?? [],
    separator: rule.separator ?? relabelDefaults.separator,
    regex: rule.regex ?? relabelDefaults.regex,
    modulus: rule.modulus ?? relabelDefaults.modulus,
    target_label: rule.target_label ?? relabelDefaults.target_label,
    replacement: rule.replacement ?? relabelDefaults.replacement,
    action: rule.action ?? relabelDefaults.action,
  }
  const problem = validateRule(filled, names)
  if (problem !== undefined) throw new RelabelError(index, ...problem)
  const { source_labels: sources, separator } = filled
  const [first = ''] = sources
  const value = sources.length === 1
    ? (labels: Map<string, string>) => labels.get(first) ?? ''
    : (labels: Map<string, string>) => sources.map(name => labels.get(name) ?? '').join(separator)
  return actions[filled.action]!(filled, compile(filled.regex, index), value, names)
}

function compile(source: string, index: number): Regex {
  try {
    return compileRegex(source, { anchored: true })
  } catch (error) {
    if (error instanceof RegexError) throw new RelabelError(index, 'regex', error.message, error)
    throw error
  }
}

const needTarget = ['replace', 'hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal']
const plainTarget = ['hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal']

/** The first argument of a rule that cannot stand, with the reason; `rule` is taken as it is, without defaults. */
export function validateRule(rule: Rule, names: NameScheme = 'legacy'): [argument: keyof RelabelRule, reason: string] | undefined {
  const { action, target_label: target, replacement } = rule
  if (action === '') return ['action', 'relabel action cannot be empty']
  if (!Object.hasOwn(actions, action)) return ['action', `unrecognized action type ${quoteGo(action)}; one of ${Object.keys(actions).sort().join(', ')}`]
  if (action === 'hashmod' && BigInt(rule.modulus) === 0n) return ['modulus', 'relabel configuration for hashmod requires non-zero modulus']
  if (needTarget.includes(action) && target === '') {
    return ['target_label', `relabel configuration for ${action} action requires 'target_label' value`]
  }
  const validTarget = plainTarget.includes(action) ? validNames[names](target) : action !== 'replace' || validTemplate(target, names)
  if (!validTarget) return ['target_label', `${quoteGo(target)} is invalid 'target_label' for ${action} action`]
  if (['lowercase', 'uppercase', 'keepequal', 'dropequal'].includes(action) && replacement !== relabelDefaults.replacement) {
    return ['replacement', `'replacement' can not be set for ${action} action`]
  }
  if (action === 'labelmap' && !(names === 'utf8' ? isUtf8Name(replacement) : isLegacyTargetLabel(replacement))) {
    return ['replacement', `${quoteGo(replacement)} is invalid 'replacement' for ${action} action`]
  }
  return surplus(rule)
}

function validTemplate(target: string, names: NameScheme): boolean {
  if (names === 'utf8') return isUtf8Name(target)
  return target.includes('$') ? isLegacyTargetLabel(target) : isLegacyLabelName(target)
}

/** Arguments that would have no effect, which the actions that take few refuse. */
function surplus(rule: Rule): [keyof RelabelRule, string] | undefined {
  const { action } = rule
  const differs = (names: readonly (keyof typeof relabelDefaults)[]) => names.find(name => String(rule[name]) !== String(relabelDefaults[name]))
  if (action === 'labeldrop' || action === 'labelkeep') {
    const extra = rule.source_labels.length > 0 ? 'source_labels' : differs(['target_label', 'modulus', 'separator', 'replacement'])
    if (extra !== undefined) return [extra, `${action} action requires only 'regex', and no other fields`]
  }
  if (action === 'keepequal' || action === 'dropequal') {
    const extra = differs(['regex', 'modulus', 'separator', 'replacement'])
    if (extra !== undefined) return [extra, `${action} action requires only 'source_labels' and 'target_label', and no other fields`]
  }
  return undefined
}
