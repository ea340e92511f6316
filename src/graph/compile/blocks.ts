/** What is read of the language's own blocks before anything is evaluated. */

import type { Attribute, Block } from '../../language/ast.ts'
import type { Located } from './1-load.ts'

/** Whether an imported text may hold the statement. */
export const belongsInImport = ({ statement: { kind, name } }: Located): boolean => kind === 'block' && (name === 'declare' || name.startsWith('import.'))

/** A block's attribute of that name. */
export const attributeOf = (block: Block, name: string): Attribute | undefined =>
  block.body.find((statement): statement is Attribute => statement.kind === 'attribute' && statement.name === name)

/** The text of an attribute that is a plain literal: `var = "item"`, `optional = true`. */
export function literalAttribute(block: Block, name: string): string | undefined {
  const value = attributeOf(block, name)?.value
  if (value?.kind !== 'literal') return undefined
  return value.type === 'string' ? value.text.slice(1, -1) : value.text
}
