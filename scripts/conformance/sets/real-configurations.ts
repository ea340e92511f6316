/**
 * Configurations that people run, and the examples of Alloy's documentation: every component and argument in them is known and every
 * wire fits. Availability and advice are not counted.
 *
 * Taken: files that upstream's parser takes. Of the documentation's examples, those that are configurations: no `<PLACEHOLDER>`, and
 * nothing at the top but components and configuration blocks (many show the inside of a component). They may refer to components
 * that the page has elsewhere.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { world } from '../../../src/cli/compile.ts'
import { compile } from '../../../src/graph/compile/compile.ts'
import { placeOf } from '../../../src/language/diagnostics.ts'
import { parseFile } from '../../../src/language/parse.ts'
import { own } from '../own.ts'
import { caseSet, readFacts, type CaseResult } from '../set.ts'

const whole = ['alloy-examples', 'alloy-integration-configs', 'alloy-modules', 'alloy-scenarios', 'docs-modules-examples', 'pipelinetest-modules']
const examples = ['docs-examples', 'docs-examples-filled', 'docs-examples-other', 'docs-scenarios-examples']

interface Row { file: string; ok: boolean }

/** Files of these folders that upstream parses. */
function* parsed(root: string, folders: readonly string[]): Generator<{ file: string; text: string }> {
  for (const line of readFileSync(path.join(root, 'facts/fmt-golden.jsonl'), 'utf8').trim().split('\n')) {
    const { file, ok } = JSON.parse(line) as Row
    if (!ok || !folders.includes(file.split('/')[0]!) || !existsSync(path.join(root, file))) continue
    yield { file, text: readFileSync(path.join(root, file), 'utf8') }
  }
}

/** Whether a text is a configuration, going by the names that the facts have. */
function isConfiguration(text: string, known: ReadonlySet<string>): boolean {
  if (/<[A-Z][A-Z0-9_ -]*>/.test(text)) return false
  const { body } = parseFile('example.alloy', text)
  const made = new Set(body.flatMap(statement => (statement.kind === 'block' && /^(declare$|import\.)/.test(statement.name) ? [statement.label] : [])))
  return body.every(statement => statement.kind === 'block' && (known.has(statement.name) || made.has(statement.name.split('.')[0])))
}

async function check(file: string, text: string, tolerated: (code: string) => boolean): Promise<CaseResult> {
  const { diagnostics } = await compile([{ file, text }], {
    ...world,
    stability: 'experimental',
    communityComponents: true,
    modulePath: path.dirname(file),
    readModule: async name => { throw new Error(`${name} is not part of the case`) },
  })
  const wrong = diagnostics.filter(({ severity, code }) => severity === 'error' && !tolerated(code) && (!own(code) || code.startsWith('eval/')))
  return wrong.length === 0 ? { name: file } : { name: file, problem: wrong.map(one => `${placeOf({ ...one, file: '' })}: ${one.message}`).join('; ') }
}

export const sets = [
  caseSet('real-configurations', ['facts/fmt-golden.jsonl'], async function* (root) {
    for (const { file, text } of parsed(root, whole)) yield await check(file, text, () => false)
  }),
  caseSet('documented-examples', ['facts/fmt-golden.jsonl', 'facts/component-schema.json'], async function* (root) {
    const known = new Set(readFacts<{ cases: { name: string }[] }>(root, 'component-schema').cases.map(({ name }) => name))
    for (const { file, text } of parsed(root, examples)) {
      if (isConfiguration(text, known)) yield await check(file, text, code => code === 'graph/unknown-reference')
    }
  }),
]
