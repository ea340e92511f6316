/** What compile and run share of evaluation: bodies to values, and the exports of nodes as variables of a scope. */

import type { Evaluated } from '../components/contract/decode.ts'
import type { Expression, Statement } from '../language/ast.ts'
import { nameSpan } from '../language/ast.ts'
import { evaluate, type Report, type Scope } from '../language/evaluate.ts'
import { Unknown, objectValue, type ObjectValue, type Value } from '../language/value.ts'
import type { Use } from './plan.ts'

/** Evaluates every attribute of a body and of the blocks in it; a value's `at` is its Expression, so that places inside it can be found. */
export function evaluateBody(body: readonly Statement[], at: { start: number; end: number }, scope: Scope, report: Report): Evaluated {
  const attributes: Evaluated['attributes'][number][] = []
  const blocks: Evaluated['blocks'][number][] = []
  for (const statement of body) {
    const nameAt = nameSpan(statement)
    if (statement.kind === 'attribute') {
      attributes.push({ name: statement.name, value: evaluate(statement.value, scope, report), at: statement.value, nameAt })
    } else {
      const inner = evaluateBody(statement.body, statement, scope, report)
      blocks.push({ name: statement.name, label: statement.label, body: inner, at: statement, nameAt })
    }
  }
  return { attributes, blocks, start: at.start, end: at.end }
}

/** Variables in which `a.b.c` is found by fields: values by dotted name, on top of `base` (the standard library). */
export function variables(base: ObjectValue, named: Iterable<readonly [name: string, value: Value]>): ObjectValue {
  const root = objectValue(base)
  const made = new Set<Value>()
  for (const [name, value] of named) {
    const path = name.split('.')
    let at = root
    for (const step of path.slice(0, -1)) {
      // A component named like a namespace of the library (`sys.x "y"`) hides it, as in Alloy.
      const below = at[step]
      const usable = below !== undefined && made.has(below) ? (below as ObjectValue) : objectValue()
      made.add(usable)
      at[step] = usable
      at = usable
    }
    at[path[path.length - 1]!] = value
  }
  return root
}

/** The values that a node's names mean, by what the nodes behind them export; unknown for nodes that are in a circle. */
export function valuesOf(uses: readonly Use[], exportsOf: (id: string) => ObjectValue | undefined): (readonly [string, Value])[] {
  return uses.map(({ as, id, member }) => {
    const exports = exportsOf(id)
    return [as, (member === undefined ? exports : exports?.[member]) ?? new Unknown()] as const
  })
}

/** The exports of a value node: its attributes. */
export const valueExports = ({ attributes }: Evaluated): ObjectValue => objectValue(attributes.map(({ name, value }) => [name, value] as const))

/** The expression at `path` inside another (`[0, 'name']` in a list of objects), as far as it is written out. */
export function locate(expression: Expression, path: readonly PropertyKey[]): Expression {
  const [step, ...rest] = path
  if (step === undefined) return expression
  if (expression.kind === 'paren') return locate(expression.inner, path)
  if (expression.kind === 'array' && typeof step === 'number') {
    const element = expression.elements[step]
    return element === undefined ? expression : locate(element, rest)
  }
  if (expression.kind === 'object') {
    const field = expression.fields.find(candidate => candidate.name === step)
    return field === undefined ? expression : locate(field.value, rest)
  }
  return expression
}

/** The span of the argument at `path` of a body (`['endpoint', 0, 'url']`), or of the deepest thing on the way that is written. */
export function locateArgument(body: readonly Statement[], whole: { start: number; end: number }, path: readonly PropertyKey[]): { start: number; end: number } {
  const [name, ...rest] = path
  if (name === undefined) return whole
  const named = body.filter(statement => statement.name === name)
  const index = typeof rest[0] === 'number' && named[0]?.kind === 'block' ? rest[0] : undefined
  const statement = named[index ?? 0]
  if (statement === undefined) return whole
  if (statement.kind === 'attribute') return locate(statement.value, rest)
  return locateArgument(statement.body, nameSpan(statement), index === undefined ? rest : rest.slice(1))
}
