/** What the evaluator can say. Apart from the other messages, because it is in every bundle. */
import { quote } from '../lib/go-text.ts'
import { define } from './message.ts'

export const evaluationMessages = {
  unknownIdentifier: define({
    code: 'eval/unknown-identifier',
    explain: 'Nothing of this name can be seen here: neither a component, a module argument nor a function of the standard library.',
    text: (name: string) => `identifier ${quote(name)} does not exist`,
    hint: name => name === 'nil' || name === 'undefined' || name === 'None' ? 'The empty value is written null.'
      : /^(true|false)$/i.test(name) ? `Booleans are written in small letters: ${name.toLowerCase()}.` : undefined,
  }),
  unknownField: define({
    code: 'eval/unknown-field',
    explain: 'The object has no such field. For a component: check its label and what it exports.',
    text: (name: string) => `field ${quote(name)} does not exist`,
  }),
  typeMismatch: define({
    code: 'eval/type-mismatch',
    explain: 'The value has another type than is wanted here.',
    text: (subject: string, wanted: string, got: string) => `${subject} should be ${wanted}, got ${got}`,
  }),
  operandType: define({
    code: 'eval/operand-type',
    explain: 'The operator does not work on values of this type.',
    text: (subject: string, wanted: readonly string[], operator: string, got: string) =>
      `${subject} should be one of [${wanted.join(' ')}] for binop ${operator}, got ${got}`,
  }),
  unknownCapsules: define({
    code: 'eval/capsule-addition',
    explain: 'Capsules (what components export to be wired, not to be read) cannot be added. Only secrets can.',
    text: (subject: string, operator: string, left: string, right: string) =>
      `${subject} could not perform binop ${operator} for unknown types lhs ${left} rhs ${right}`,
  }),
  divideByZero: define({
    code: 'eval/divide-by-zero',
    explain: 'The right side of `/` or `%` is zero.',
    text: (subject: string) => `${subject} divide by zero error`,
  }),
  indexOutOfRange: define({
    code: 'eval/index-out-of-range',
    explain: 'The list has fewer elements. The first one has index 0.',
    text: (subject: string, index: string, length: number) => `${subject} index ${index} is out of range of array with length ${length}`,
  }),
  notIndexable: define({
    code: 'eval/not-indexable',
    explain: 'Only lists (by number) and objects (by name) can be indexed.',
    text: (subject: string, got: string) => got === 'capsule'
      ? `${subject} expected object or array or a capsule convertible to an object, got capsule`
      : `${subject} expected object or array, got ${got}`,
  }),
  noFields: define({
    code: 'eval/no-fields',
    explain: 'Only objects have fields.',
    text: (subject: string, field: string, got: string) => got === 'capsule'
      ? `${subject} expected object or array or a capsule convertible to an object, got capsule`
      : `${subject} cannot access field ${quote(field)} on value of type ${got}`,
  }),
  invalidLiteral: define({
    code: 'eval/invalid-literal',
    explain: 'The number is too large for a 64-bit float.',
    text: (reason: string) => reason,
  }),
  callFailed: define({
    code: 'eval/call-failed',
    explain: 'A function of the standard library did not accept what it was given; its own words follow its name.',
    text: (subject: string, reason: string) => `${subject} ${reason}`,
  }),
  conversion: define({
    code: 'eval/conversion',
    explain: 'The value cannot become what is wanted here. Secrets never turn into plain strings on their own: `convert.nonsensitive` does it on purpose.',
    text: (subject: string, reason: string) => `${subject} ${reason}`,
    hint: (_subject, reason) => reason.includes('secrets may not') ? 'convert.nonsensitive() gives up the protection on purpose.' : undefined,
  }),
  secretExposed: define({
    code: 'eval/secret-exposed',
    severity: 'warning',
    explain: 'A function turns a secret into a plain string, which may be shown in logs and pages. Add strings with `+`, which keeps the secret a secret, '
      + 'or say `convert.nonsensitive` where it is meant.',
    text: (subject: string) => `${subject} turns a secret into a plain string`,
    hint: () => 'Join the parts with +, which keeps the secret a secret.',
  }),
}
