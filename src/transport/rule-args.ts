/** The `rule` block, which every component that relabels takes, and the rules made of it. */

import { ArgumentError } from '../components/contract/errors.ts'
import { integer, list, string, type Fields } from '../components/contract/schema.ts'
import { RelabelError, compileRules, relabelDefaults, type RelabelRule, type Relabeler } from '../telemetry/relabel.ts'
import type { Path } from './arguments.ts'

/** The arguments of a relabelling rule, as Prometheus defines them. */
export const relabelRules = () => ({
  /** Labels whose values are joined and matched. */
  source_labels: list(string({ required: true })),
  /** What stands between the joined values. */
  separator: string({ default: relabelDefaults.separator }),
  /** What the joined values are matched with, in RE2 syntax; it has to match them whole. */
  regex: string({ default: relabelDefaults.regex }),
  /** What the hash of the joined values is taken modulo of; for `hashmod`. */
  modulus: integer({ min: 0, default: relabelDefaults.modulus }),
  /** The label that the result is written to. */
  target_label: string({ default: relabelDefaults.target_label }),
  /** The result; `$1` stands for what the first group matched. */
  replacement: string({ default: relabelDefaults.replacement }),
  /** What the rule does. */
  action: string({
    oneOf: [
      'replace', 'keep', 'drop', 'keepequal', 'dropequal', 'hashmod', 'labelmap', 'labeldrop', 'labelkeep', 'lowercase', 'uppercase',
    ],
    default: relabelDefaults.action,
  }),
} satisfies Fields)

/** Compiles the rules that stand in blocks at `path` (`['rule']`); throws ArgumentError with the place of the one that cannot work. */
export function rulesAt(rules: readonly RelabelRule[], path: Path): Relabeler {
  try {
    return compileRules(rules)
  } catch (error) {
    if (!(error instanceof RelabelError)) throw error
    throw new ArgumentError([...path, error.index, error.argument], error.reason, { cause: error })
  }
}
