/** facts/relabel.json and facts/hashmod.json: relabelling rules on label sets, their validation, and the hash of hashmod. */
import { labelsOf } from '../../../src/telemetry/labels.ts'
import { isLegacyTargetLabel } from '../../../src/telemetry/relabel-rule.ts'
import { compileRules, hashmod, relabelDefaults, validateRule, type NameScheme, type RelabelRule } from '../../../src/telemetry/relabel.ts'
import type { SetResult } from '../set.ts'
import { compareCases, readCases } from './cases.ts'

interface RelabelCase {
  name: string
  kind: 'process' | 'target_label_legacy_valid' | 'validate' | 'validate_alloy' | 'parse_yaml_only'
  name_validation_scheme?: NameScheme
  rules?: RelabelRule[]
  rule?: RelabelRule & { name_validation_scheme?: NameScheme }
  input?: Record<string, string> | string
  output?: Record<string, string> | null
  error_contains?: string | null
  valid?: boolean
}

interface HashmodCase {
  name: string
  value: string
  modulus: string
  expected: string
}

/** The name of the set, and how it runs over a corpus folder. */
export const name = 'relabel'

export async function run(dir: string): Promise<SetResult> {
  // Two cases hold YAML, which is the converters' business.
  const cases = (await readCases<RelabelCase>(dir, 'relabel.json')).filter(one => one.kind !== 'parse_yaml_only')
  const relabel = compareCases(cases, wanted, actual)
  const hashes = compareCases(await readCases<HashmodCase>(dir, 'hashmod.json'), one => one.expected, one => String(hashmod(one.value, BigInt(one.modulus))))
  return {
    passed: relabel.passed + hashes.passed,
    total: relabel.total + hashes.total,
    failures: [...relabel.failures, ...hashes.failures],
  }
}

function wanted(one: RelabelCase): unknown {
  if (one.kind === 'process') return one.output
  if (one.kind === 'target_label_legacy_valid') return one.valid
  return one.error_contains ?? null
}

function actual(one: RelabelCase): unknown {
  if (one.kind === 'process') {
    const labels = labelsOf(Object.entries(one.input as Record<string, string>))
    const relabeled = compileRules(one.rules!, one.name_validation_scheme ?? 'legacy').relabel(labels)
    return relabeled === undefined ? null : Object.fromEntries(relabeled)
  }
  if (one.kind === 'target_label_legacy_valid') return isLegacyTargetLabel(one.input as string)
  const { name_validation_scheme: scheme, ...rule } = one.rule!
  // These rules stand as they are: an argument left out is empty, not its default.
  const empty = Object.fromEntries(Object.keys(relabelDefaults).map(key => [key, key === 'modulus' ? 0 : '']))
  const problem = validateRule({ source_labels: [], ...empty, ...rule } as unknown as Parameters<typeof validateRule>[0], scheme)
  const reason = problem?.[1] ?? null
  return reason !== null && one.error_contains != null && reason.includes(one.error_contains) ? one.error_contains : reason
}
