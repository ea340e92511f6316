/** Names of labels that a configuration writes itself, against what destinations take. */

import { isLegacyLabelName } from '../../lib/label-text.ts'
import type { Expression, Span } from '../../language/ast.ts'
import type { CheckedNode } from './3-check.ts'
import { argumentsOf } from './arguments.ts'
import { adviceMessages as messages } from './advice-messages.ts'
import type { Say } from './report.ts'

/** Warns of label names that destinations may refuse. */
export function adviseNames({ definition, body, args, file }: CheckedNode, report: Say): void {
  if (definition === undefined) return
  for (const { field, value, written } of argumentsOf(definition.args, body, args)) {
    if (field.means !== 'labels' || written === undefined || typeof value !== 'object' || value === null) continue
    for (const name of Object.keys(value)) {
      if (!isLegacyLabelName(name)) report(file, keySpan(written.value, name), messages.labelName(name, plainName(name)))
    }
  }
}

/** The nearest name that every destination takes, as Prometheus' exporters write it; undefined where nothing would be left. */
function plainName(name: string): string | undefined {
  const plain = name.replace(/[^a-zA-Z0-9_]/gu, '_')
  if (plain.replaceAll('_', '') === '') return undefined
  return /^\d/.test(plain) ? `_${plain}` : plain
}

/** Where a field's name stands in an object that is written out; the whole expression otherwise. */
function keySpan(expression: Expression, name: string): Span {
  if (expression.kind === 'paren') return keySpan(expression.inner, name)
  if (expression.kind !== 'object') return expression
  return expression.fields.find(field => field.name === name) ?? expression
}
