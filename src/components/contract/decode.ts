/** From an evaluated body (attributes and blocks with their values) to the arguments of `build`, with every problem on the way. */

import { Unknown, hasUnknown, isObject, type Value } from '../../language/value.ts'
import { blanks, stabilities, type Field, type Fields, type Stability } from './schema.ts'

/** Where something stands in its file: offsets of the AST. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** A body whose expressions have been evaluated. */
export interface Evaluated extends Range {
  readonly attributes: readonly { readonly name: string; readonly value: Value; readonly at: Range; readonly nameAt: Range }[]
  readonly blocks: readonly { readonly name: string; readonly label?: string | undefined; readonly body: Evaluated; readonly at: Range; readonly nameAt: Range }[]
}

/** What is wrong with a body; `path` leads into the attribute's value where the problem is inside it. */
export interface Problem {
  readonly kind:
    | 'missing-attribute' | 'missing-block' | 'unknown-attribute' | 'unknown-block' | 'duplicate-attribute' | 'duplicate-block'
    | 'expected-attribute' | 'expected-block' | 'unexpected-label' | 'invalid' | 'inert' | 'gated'
  /** The dotted name from the component down: `client.tls.ca_file`. */
  readonly name: string
  readonly at: Range
  readonly path: readonly (string | number)[]
  /** What is wrong with the value, what happens to an inert field, or the level a gated one needs. */
  readonly text: string
  /** The names that would have been known here. */
  readonly known?: readonly string[]
}

export interface DecodeResult {
  readonly value: Record<string, unknown>
  readonly problems: readonly Problem[]
  /** Whether every value was known; a value with blanks in it is good for checking only. */
  readonly complete: boolean
  /**
   * The blocks (by their path, `[]` for the component itself) in which blanks stand for plain values. Capsules do not count: their
   * type is known, and `build` does not look into them.
   */
  readonly blanks: readonly Path[]
}

/** Where an argument or a block stands, from the component down: `['endpoint', 0]`. */
export type Path = readonly (string | number)[]

/** Whether a complaint about the argument at `path` may come of a blank, in its own block or in one around or inside it. */
export function isDoubtful(path: Path, blanks: readonly Path[]): boolean {
  return blanks.some(blank => blank.slice(0, path.length).every((step, i) => step === path[i]))
}

/** Decodes `body` by `fields`; `stability` is the least stable level the user allows. */
export function decode(fields: Fields, body: Evaluated, stability: Stability): DecodeResult {
  const problems: Problem[] = []
  const state: State = { problems, complete: true, blanks: [], stability }
  const value = decodeBody(fields, body, [], state)
  return { value, problems, complete: state.complete, blanks: state.blanks }
}

interface State {
  readonly problems: Problem[]
  complete: boolean
  readonly blanks: Path[]
  readonly stability: Stability
}

function decodeBody(fields: Fields, body: Evaluated, path: Path, state: State): Record<string, unknown> {
  const prefix = path.filter(step => typeof step === 'string').map(step => `${step}.`).join('')
  const value = blanks(fields)
  const seen = new Set<string>()
  const complain = (kind: Problem['kind'], name: string, at: Range, text = '', inner: Path = []) => {
    const known = kind.startsWith('unknown') ? { known: Object.keys(fields) } : {}
    state.problems.push({ kind, name: prefix + name, at, text, path: inner, ...known })
  }

  for (const attribute of body.attributes) {
    const field = fields[attribute.name]
    if (field === undefined) { complain('unknown-attribute', attribute.name, attribute.nameAt); continue }
    if (field.form !== 'attribute') { complain('expected-block', attribute.name, attribute.nameAt); continue }
    if (seen.has(attribute.name)) { complain('duplicate-attribute', attribute.name, attribute.nameAt); continue }
    seen.add(attribute.name)
    if (hasUnknown(attribute.value)) state.complete = false
    if (hasBlank(attribute.value)) state.blanks.push(path)
    const result = field.schema!.safeParse(attribute.value)
    note(field, result.data, prefix + attribute.name, attribute.nameAt, state)
    if (result.success) value[attribute.name] = result.data
    else for (const issue of result.error.issues) complain('invalid', attribute.name, attribute.at, issue.message, issue.path as (string | number)[])
  }

  for (const inner of body.blocks) {
    const field = fields[inner.name]
    if (field === undefined) { complain('unknown-block', inner.name, inner.nameAt); continue }
    if (field.form === 'attribute') { complain('expected-attribute', inner.name, inner.nameAt); continue }
    if (field.form === 'block' && seen.has(inner.name)) { complain('duplicate-block', inner.name, inner.nameAt); continue }
    if (inner.label !== undefined) complain('unexpected-label', inner.name, inner.nameAt)
    const first = !seen.has(inner.name)
    seen.add(inner.name)
    const index = field.form === 'block' ? [] : [first ? 0 : (value[inner.name] as unknown[]).length]
    const decoded = decodeBody(field.fields!, inner.body, [...path, inner.name, ...index], state)
    note(field, decoded, prefix + inner.name, inner.nameAt, state)
    if (field.form === 'block') value[inner.name] = decoded
    else value[inner.name] = first ? [decoded] : [...(value[inner.name] as unknown[]), decoded]
  }

  for (const [name, field] of Object.entries(fields)) {
    if (!field.required || seen.has(name)) continue
    complain(field.form === 'attribute' ? 'missing-attribute' : 'missing-block', name, body)
  }
  return value
}

/** Warns of a field that has no effect here, and refuses one (or a value of it) that the user has not opened the gate for. */
function note({ inert, inertWhen, gate, gateWhen }: Field<unknown>, value: unknown, name: string, at: Range, { problems, stability }: State): void {
  if (inert !== undefined && (inertWhen === undefined || inertWhen(value))) problems.push({ kind: 'inert', name, at, path: [], text: inert })
  if (gate === undefined || stabilities.indexOf(gate) <= stabilities.indexOf(stability)) return
  if (gateWhen === undefined || (value !== undefined && gateWhen(value))) problems.push({ kind: 'gated', name, at, path: [], text: gate })
}

/** Whether something in a value is unknown that is not a capsule. */
function hasBlank(value: Value): boolean {
  if (value instanceof Unknown) return value.type?.startsWith('capsule(') !== true
  if (Array.isArray(value)) return value.some(hasBlank)
  return isObject(value) && Object.values(value).some(hasBlank)
}
