/**
 * Phase 3, check: every argument against its component's schema, with exports as unknowns of their type, and then the component's
 * own opinion: `build` is pure, so it is run here already. What it makes says which routes will be there.
 */

import { decode, isDoubtful, type DecodeResult, type Evaluated, type Problem } from '../../components/contract/decode.ts'
import { typeText, type Definition, type Instance } from '../../components/contract/define.ts'
import { ArgumentError } from '../../components/contract/errors.ts'
import { stabilities, type Stability } from '../../components/contract/schema.ts'
import { nameSpan, type Expression, type Span } from '../../language/ast.ts'
import type { Diagnostic } from '../../language/diagnostics.ts'
import { printExpression } from '../../language/print.ts'
import { Capsule, Unknown, objectValue, type ObjectValue } from '../../language/value.ts'
import { nearest } from '../../lib/nearest.ts'
import { evaluateBody, locate, locateArgument, valueExports, valuesOf, variables } from '../scope.ts'
import type { Resolved, ResolvedNode } from './2-resolve.ts'
import type { CompileOptions } from './options.ts'
import { graphMessages as messages } from './messages.ts'
import { reporter, type Report } from './report.ts'
import { secretHint, unfit, wiringHint } from './wiring.ts'

export interface CheckedNode extends ResolvedNode {
  /** Decoded arguments; blanks stand for what is only known when it runs. */
  readonly args: Record<string, unknown>
  /** Where blanks stand for plain values, as `decode` says it. */
  readonly blanks: DecodeResult['blanks']
  /** What `build` made of them, unless it could not. */
  readonly instance: Instance | undefined
}

export interface Checked extends Omit<Resolved, 'nodes'> {
  readonly nodes: readonly CheckedNode[]
}

export function check(resolved: Resolved, options: CompileOptions, diagnostics: Diagnostic[]): Checked {
  const report = reporter(resolved.sources, diagnostics)
  const exportsById = new Map(resolved.nodes.flatMap(({ id, definition, standIn }) => {
    const known = definition ?? standIn
    return known === undefined ? [] : [[id, unknownExports(known)] as const]
  }))
  const nodes = resolved.nodes.map(node => {
    // Only what a node uses is in its scope: with all nodes in each scope, checking would take quadratic time.
    const named = [...valuesOf(node.uses, id => exportsById.get(id)), ...node.lost.map(name => [name, new Unknown()] as const)]
    const evaluated = evaluateBody(node.body, node.block, { variables: variables(options.functions, named) }, (problem, span) => report(node.file, span, problem))
    const { definition, standIn } = node
    if (definition !== undefined) {
      const checked = checkComponent({ ...node, definition }, evaluated, options, report)
      exportsById.set(node.id, { ...unknownExports(definition, checked.args), ...handlers(definition, checked) })
      return checked
    }
    if (standIn !== undefined) exportsById.set(node.id, unknownExports(standIn, checkArguments({ ...node, definition: standIn }, evaluated, options, report).value))
    else exportsById.set(node.id, valueExports(evaluated))
    return { ...node, args: {}, blanks: [], instance: undefined }
  })
  return { ...resolved, nodes }
}

type ComponentNode = ResolvedNode & { readonly definition: Definition }

function checkComponent(node: ComponentNode, evaluated: Evaluated, options: CompileOptions, report: Report): CheckedNode {
  checkStability(node, options.stability, report)
  const decoded = checkArguments(node, evaluated, options, report)
  const wrong = decoded.problems.some(problem => problem.kind !== 'inert')
  return { ...node, args: decoded.value, blanks: decoded.blanks, instance: wrong ? undefined : tryBuild(node, decoded, report) }
}

function checkArguments({ definition, standIn, id, file }: ComponentNode, evaluated: Evaluated, { stability }: CompileOptions, report: Report): DecodeResult {
  const decoded = decode(definition.args, evaluated, stability)
  const problems = [...decoded.problems, ...unfit(definition.args, evaluated)]
  for (const problem of problems) {
    // The table does not say where labels stand, and Alloy takes null for everything.
    if (standIn !== undefined && (problem.kind === 'unexpected-label' || problem.text.endsWith(', got null'))) continue
    report(file, place(problem), word(problem, stability, id))
  }
  return { ...decoded, problems }
}

/** A component's exports while only their types are known; with `is_secret`, what may be a secret is one. */
function unknownExports({ exports = {} }: Definition, args: Readonly<Record<string, unknown>> = {}): ObjectValue {
  const secret = args['is_secret'] === true
  return objectValue(Object.entries(exports).map(([name, type]) => [name, new Unknown(secret && type === 'optional_secret' ? 'secret' : typeText(type))] as const))
}

/** Credentials are judged by who checks them, so handlers are handed on as they are, unless something in them is not known yet. */
function handlers({ exports = {} }: Definition, { instance, blanks }: CheckedNode): ObjectValue {
  const made = blanks.length > 0 ? {} : instance?.exports ?? {}
  return objectValue(Object.entries(exports).flatMap(([name, type]) =>
    (type === 'auth.Handler' && made[name] !== undefined ? [[name, new Capsule(type, made[name])] as const] : [])))
}

function checkStability({ definition, block, file }: ComponentNode, allowed: Stability, report: Report): void {
  const { name, stability } = definition
  if (stabilities.indexOf(stability) <= stabilities.indexOf(allowed)) return
  report(file, nameSpan(block), messages.gated(`component "${name}"`, stability, allowed))
}

/** Lets the component itself judge its arguments; what it says where blanks are means nothing, and is dropped. */
function tryBuild({ id, definition, block, file }: ComponentNode, { value, complete, blanks }: DecodeResult, report: Report): Instance | undefined {
  try {
    return definition.build(value, definition.state ?? {}, { id })
  } catch (error) {
    const known = error instanceof ArgumentError
    if (known ? isDoubtful(error.path, blanks) : !complete) return undefined
    if (!known) throw new Error(`building ${definition.name} failed while it was checked: ${String(error)}`, { cause: error })
    report(file, locateArgument(block.body, nameSpan(block), error.path), messages.invalidArgument(error.message, error.hint))
    return undefined
  }
}

/** Where a problem is shown: at the innermost expression that is written out, or at the whole block where something is missing. */
const place = ({ kind, at, path }: Problem): Span => (kind === 'invalid' ? locate(at as Expression, path) : at)

function word(problem: Problem, allowed: Stability, id: string) {
  const { kind, name, text, known = [], at } = problem
  // Names of blocks can have dots; where there is one to point at, it is as long as the name.
  const last = kind.startsWith('missing') ? name.slice(name.lastIndexOf('.') + 1) : name.slice(at.start - at.end)
  switch (kind) {
    case 'missing-attribute': return messages.missingAttribute(last)
    case 'missing-block': return messages.missingBlock(last)
    case 'unknown-attribute': return messages.unknownAttribute(last, nearest(last, known))
    case 'unknown-block': return messages.unknownBlock(last, nearest(last, known))
    case 'duplicate-attribute': return messages.duplicateAttribute(last)
    case 'duplicate-block': return messages.duplicateBlock(last)
    case 'expected-attribute': return messages.expectedAttribute(last)
    case 'expected-block': return messages.expectedBlock(last)
    case 'unexpected-label': return messages.unexpectedLabel(last)
    case 'invalid': return messages.invalidValue(subject(problem), text, wiringHint(`${id}.${name}`, subject(problem), text) ?? secretHint(`${id}.${name}`, subject(problem), text))
    case 'inert': return messages.inert(name, text)
    case 'gated': return messages.gated(`"${name}"`, text, allowed)
  }
}

/** The expression as it would be printed, if it fits a line. */
function subject({ at, path, name }: Problem): string {
  const printed = printExpression(locate(at as Expression, path))
  return printed.length <= 60 && !printed.includes('\n') ? printed : name
}
