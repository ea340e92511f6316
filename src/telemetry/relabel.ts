/** Relabelling as Alloy's `rule` blocks and Prometheus' relabel_config define it. */

import { utf8 } from '../lib/bytes.ts'
import { md5 } from '../lib/md5.ts'
import { constantOf, fill, parseTemplate } from '../lib/regex-template.ts'
import { compileRegex, RegexError, type Regex } from '../lib/regex.ts'
import { editable, type LabelSet } from './label-set.ts'
import type { Labels } from './labels.ts'
import {
  RelabelError, relabelDefaults, validNames, validateRule, type NameScheme, type RelabelAction, type RelabelRule, type Rule,
} from './relabel-rule.ts'

export type { LabelSet } from './label-set.ts'
export { RelabelError, relabelActions, relabelDefaults, validateRule, type NameScheme, type RelabelRule } from './relabel-rule.ts'

/** What rules do to label sets. */
export interface Relabeler {
  readonly rules: readonly RelabelRule[]
  /** Changes `labels` in place; false when a rule dropped them all, with some rules applied already. */
  apply(labels: LabelSet): boolean
  /** The new labels, the very same array when nothing changed, or undefined when a rule dropped them. Empty values vanish. */
  relabel(labels: Labels): Labels | undefined
}

/** One rule at work; false drops the labels. */
type Step = (labels: LabelSet) => boolean

/** Compiles rules in order; throws RelabelError for the first one that cannot work. */
export function compileRules(rules: readonly RelabelRule[], names: NameScheme = 'legacy'): Relabeler {
  const steps = rules.map((rule, index) => compileRule(rule, index, names))
  const apply = (labels: LabelSet): boolean => {
    for (const step of steps) if (!step(labels)) return false
    return true
  }
  return {
    rules,
    apply,
    relabel(labels) {
      const set = editable(labels)
      if (!apply(set)) return undefined
      const edited = set.labels()
      return same(edited, labels) ? labels : edited
    },
  }
}

const same = (a: Labels, b: Labels): boolean =>
  a.length === b.length && a.every(([name, value], i) => name === b[i]![0] && value === b[i]![1])

/** Decisions about names, of which there are few: each is made once. */
function remember<T>(decide: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>()
  return name => {
    let decision = known.get(name)
    if (decision !== undefined || known.has(name)) return decision as T
    if (known.size >= 1000) known.clear()
    decision = decide(name)
    known.set(name, decision)
    return decision
  }
}

/** Makes the step of one rule; `value` joins the source labels with the separator. */
type Compile = (rule: Rule, regex: Regex, value: (labels: LabelSet) => string, names: NameScheme) => Step

const actions: Readonly<Record<RelabelAction, Compile>> = {
  keep: (_, regex, value) => labels => regex.test(value(labels)),
  drop: (_, regex, value) => labels => !regex.test(value(labels)),
  keepequal: ({ target_label }, _, value) => labels => labels.get(target_label) === value(labels),
  dropequal: ({ target_label }, _, value) => labels => labels.get(target_label) !== value(labels),
  lowercase: ({ target_label }, _, value) => labels => {
    labels.set(target_label, mapCase(value(labels), char => char.toLowerCase()))
    return true
  },
  uppercase: ({ target_label }, _, value) => labels => {
    labels.set(target_label, mapCase(value(labels), char => char.toUpperCase()))
    return true
  },
  hashmod: ({ target_label, modulus }, _, value) => labels => {
    labels.set(target_label, String(hashmod(value(labels), BigInt(modulus))))
    return true
  },
  labeldrop: (_, regex) => {
    const stays = remember(name => !regex.test(name))
    return labels => {
      labels.keep(stays)
      return true
    }
  },
  labelkeep: (_, regex) => {
    const stays = remember(name => regex.test(name))
    return labels => {
      labels.keep(stays)
      return true
    }
  },
  labelmap: ({ replacement }, regex) => {
    const template = parseTemplate(replacement)
    const mapped = remember(name => {
      const match = regex.exec(name)
      return match === undefined ? undefined : fill(template, match)
    })
    return labels => {
      // Over what stood there before, so that a label made by this rule is not mapped again.
      const before = labels.names().map(name => [mapped(name), labels.get(name)] as const)
      for (const [name, value] of before) if (name !== undefined) labels.set(name, value)
      return true
    }
  },
  replace,
}

function replace(rule: Rule, regex: Regex, value: (labels: LabelSet) => string, names: NameScheme): Step {
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
      labels.set(fixedTarget, fixed ?? value(labels))
      return true
    }
  }
  return labels => {
    const match = regex.exec(value(labels))
    if (match === undefined) return true
    const name = fixedTarget ?? fill(target, match)
    if (fixedTarget !== undefined || validName(name)) labels.set(name, fixed ?? fill(replacement, match))
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
    ? (labels: LabelSet) => labels.get(first)
    : (labels: LabelSet) => sources.map(name => labels.get(name)).join(separator)
  return actions[filled.action as RelabelAction](filled, compile(filled.regex, index), value, names)
}

function compile(source: string, index: number): Regex {
  try {
    return compileRegex(source, { anchored: true })
  } catch (error) {
    if (error instanceof RegexError) throw new RelabelError(index, 'regex', error.message, error)
    throw error
  }
}
