/** A component's arguments beside the places where they are written. */

import type { Path } from '../../components/contract/decode.ts'
import type { Field, Fields } from '../../components/contract/schema.ts'
import type { Attribute, Statement } from '../../language/ast.ts'

type Values = Readonly<Record<string, unknown>>

/** An attribute of a component or of a block that it has. */
export interface Argument {
  readonly path: Path
  readonly field: Field<unknown>
  /** Decoded; a blank or the default where the configuration does not say. */
  readonly value: unknown
  /** The values of its block. */
  readonly siblings: Values
  /** Absent for a default. */
  readonly written: Attribute | undefined
}

/** Every attribute of `fields` in the body and its blocks; blocks that are left out, and have no defaults, are passed over. */
export function* argumentsOf(fields: Fields, body: readonly Statement[], values: Values, path: Path = []): Generator<Argument> {
  const statements = new Map<string, Statement[]>()
  for (const statement of body) statements.set(statement.name, [...statements.get(statement.name) ?? [], statement])
  for (const [name, field] of Object.entries(fields)) {
    const here = statements.get(name) ?? []
    if (field.form === 'attribute') {
      const written = here.find(statement => statement.kind === 'attribute')
      yield { path: [...path, name], field, value: values[name], siblings: values, written }
    } else if (field.form === 'block') {
      const value = values[name] as Values | undefined
      if (value !== undefined) yield* argumentsOf(field.fields!, bodyOf(here[0]), value, [...path, name])
    } else {
      for (const [index, value] of (values[name] as Values[] | undefined ?? []).entries()) {
        yield* argumentsOf(field.fields!, bodyOf(here[index]), value, [...path, name, index])
      }
    }
  }
}

const bodyOf = (statement: Statement | undefined) => (statement?.kind === 'block' ? statement.body : [])

/** Whether a component of these fields could have an attribute that means `meaning`, in any block. */
export function canMean(fields: Fields, meaning: Field<unknown>['means']): boolean {
  return Object.values(fields).some(field => field.means === meaning || (field.fields !== undefined && canMean(field.fields, meaning)))
}
