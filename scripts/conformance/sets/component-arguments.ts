/** facts/alloy-component-arguments.json: bodies of components that must be accepted or refused, for the components that exist here. */
import path from 'node:path'
import { decode } from '../../../src/components/contract/decode.ts'
import type { Definition } from '../../../src/components/contract/define.ts'
import { catalog } from '../../../src/components/catalog.gen.ts'
import { evaluateBody } from '../../../src/graph/scope.ts'
import { parseFile } from '../../../src/language/parse.ts'
import { objectValue } from '../../../src/language/value.ts'
import { readCases, type SetResult } from './cases.ts'

/** The name of the set, and how it runs over a corpus folder. */
export const name = 'component-arguments'

interface Case {
  component: string
  name: string
  config: string
  error: true | string | null
  error_contains?: string
}

const components = path.resolve(import.meta.dirname, '../../../src/components')

export async function run(dir: string): Promise<SetResult> {
  const failures: string[] = []
  let total = 0
  for (const one of await readCases<Case>(dir, 'alloy-component-arguments.json')) {
    const file = catalog[one.component]
    if (file === undefined) continue
    total++
    const { default: definition } = await import(path.join(components, file)) as { default: Definition }
    // These cases are bodies of the block, not of the component.
    const config = one.name.startsWith('TestUnmarshallWalAttr') ? `wal {\n${one.config}\n}` : one.config
    const said = refusal(definition, config)
    // Upstream's test of this name wants an error of every case, whichever; the corpus notes none.
    const refused = one.error !== null || one.error_contains !== undefined || one.name.startsWith('TestBadAlloyConfig/')
    if (refused !== (said !== undefined)) failures.push(`${one.component} ${one.name}: ${refused ? 'was accepted' : `was refused: ${said}`}`)
  }
  return { passed: total - failures.length, total, failures }
}

/** Why a body is refused; what it refers to is taken for granted, as at build time. */
function refusal(definition: Definition, config: string): string | undefined {
  const { body, diagnostics } = parseFile('case.alloy', config)
  if (diagnostics.length > 0) return diagnostics[0]!.message
  const evaluated = evaluateBody(body, { start: 0, end: config.length }, { variables: objectValue() }, () => undefined)
  const { value, problems, complete } = decode(definition.args, evaluated, 'experimental')
  const wrong = problems.filter(problem => problem.kind !== 'inert')
  if (wrong.length > 0) return wrong.map(({ kind, name: at, text }) => `${kind} ${at} ${text}`).join('; ')
  try {
    definition.build(value, definition.state ?? {}, { id: '' })
    return undefined
  } catch (error) {
    return complete ? String(error) : undefined
  }
}
