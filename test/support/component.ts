/** Components built the way the graph builds them: from Alloy text, through the evaluator and their schema. */

import { decode, type Problem } from '../../src/components/contract/decode.ts'
import type { Definition, Instance } from '../../src/components/contract/define.ts'
import type { Capsules, CapsuleType, Consumer } from '../../src/components/contract/consume.ts'
import type { Stability } from '../../src/components/contract/schema.ts'
import type { Call } from '../../src/components/contract/call.ts'
import { evaluateBody } from '../../src/graph/scope.ts'
import { parseFile } from '../../src/language/parse.ts'
import { Capsule, objectValue, type Value } from '../../src/language/value.ts'
import type { Batch } from '../../src/telemetry/batch.ts'

/** Names that the text may use, beside literals. */
export type Variables = Readonly<Record<string, Value>>

/** Decodes a component's body; throws where the text itself is wrong. */
export function decodeArguments(definition: Definition, text: string, variables: Variables = {}, stability: Stability = 'experimental') {
  const { body, diagnostics } = parseFile('test.alloy', text)
  const said = diagnostics.map(diagnostic => diagnostic.message)
  const evaluated = evaluateBody(body, { start: 0, end: text.length }, { variables: objectValue(variables) }, problem => said.push(problem.message))
  if (said.length > 0) throw new Error(`the test's configuration is wrong: ${said.join('; ')}`)
  return decode(definition.args, evaluated, stability)
}

/** What the schema has against a body: `kind name: text`, warnings about inert fields among them. */
export function problemsOf(definition: Definition, text: string, variables: Variables = {}): string[] {
  return decodeArguments(definition, text, variables).problems.map(({ kind, name, text: about }: Problem) => `${kind} ${name}${about === '' ? '' : `: ${about}`}`)
}

/** Builds a component from the text of its body; throws for whatever is wrong with it, but not for inert fields. */
export function buildComponent(definition: Definition, text: string, variables: Variables = {}, id = `${definition.name}.test`): Instance {
  const { value, problems } = decodeArguments(definition, text, variables)
  const wrong = problems.filter(problem => problem.kind !== 'inert')
  if (wrong.length > 0) throw new Error(wrong.map(({ kind, name, text: about }) => `${kind} ${name} ${about}`).join('; '))
  return definition.build(value, definition.state ?? {}, { id })
}

/** A value for `variables`: what another component would export. */
export const capsuleOf = <C extends CapsuleType>(type: C, payload: Capsules[C]): Value => new Capsule(type, payload)

/** A consumer that keeps what it gets, or fails as `outcome` says; `capsule` goes into `variables`. */
export function sink<B extends Batch>(type: CapsuleType, outcome: (batch: B, call: Call) => void | Promise<void> = () => undefined) {
  const batches: B[] = []
  const calls: Call[] = []
  const consumer: Consumer<B> = {
    async consume(batch, call) {
      await outcome(batch, call)
      batches.push(batch)
      calls.push(call)
    },
  }
  return { batches, calls, consumer, capsule: new Capsule(type, consumer) as Value }
}
