/** Rules of relabelling as users write them, and which of them cannot stand. */

import { quoteGo } from '../lib/go-quote.ts'
import { isLegacyLabelName, isUtf8Name } from './labels.ts'

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

/** What a rule may do. */
export const relabelActions = [
  'drop', 'dropequal', 'hashmod', 'keep', 'keepequal', 'labeldrop', 'labelkeep', 'labelmap', 'lowercase', 'replace', 'uppercase',
] as const
export type RelabelAction = (typeof relabelActions)[number]

const isAction = (action: string): action is RelabelAction => (relabelActions as readonly string[]).includes(action)

/** What a rule block says where it says nothing. */
export const relabelDefaults = {
  separator: ';', regex: '(.*)', modulus: 0, target_label: '', replacement: '$1', action: 'replace',
} as const

/** A rule with every argument. */
export type Rule = Required<{ [Name in keyof RelabelRule]: NonNullable<RelabelRule[Name]> }>

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

/** Whether a label may have a name. */
export const validNames: Record<NameScheme, (name: string) => boolean> = { legacy: isLegacyLabelName, utf8: isUtf8Name }

/** A name that may hold references, in the legacy scheme. */
export const isLegacyTargetLabel = (target: string): boolean => /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))(?:\w|\$(?:\{\w+\}|\w+))*$/.test(target)

const needTarget = ['replace', 'hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal']
const plainTarget = ['hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal']

/** The first argument of a rule that cannot stand, with the reason; `rule` is taken as it is, without defaults. */
export function validateRule(rule: Rule, names: NameScheme = 'legacy'): [argument: keyof RelabelRule, reason: string] | undefined {
  const { action, target_label: target, replacement } = rule
  if (action === '') return ['action', 'relabel action cannot be empty']
  if (!isAction(action)) return ['action', `unrecognized action type ${quoteGo(action)}; one of ${relabelActions.join(', ')}`]
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
