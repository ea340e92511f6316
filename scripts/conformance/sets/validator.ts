/** validator: what `alloy validate` prints for a configuration, to the byte. What only this compiler says is left out of the comparison. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { world } from '../../../src/cli/compile.ts'
import { compile } from '../../../src/graph/compile/compile.ts'
import { renderDiagnostics } from '../../../src/language/diagnostics.ts'
import { caseSet, compare, filesBelow, type CaseResult } from '../set.ts'
import { own } from '../own.ts'
import { readArchive } from '../archive.ts'

async function validate(root: string, file: string): Promise<CaseResult> {
  const sources = [...readArchive(readFileSync(path.join(root, file), 'utf8'))].map(([name, text]) => ({ file: name, text }))
  sources.sort((a, b) => (a.file < b.file ? -1 : 1))
  const { diagnostics } = await compile(sources, {
    ...world,
    stability: path.basename(path.dirname(file)) === 'ga' ? 'generally-available' : 'experimental',
    readModule: async name => { throw new Error(`${name} is not part of the case`) },
  })
  const text = new Map(sources.map(source => [source.file, source.text]))
  const printed = renderDiagnostics(diagnostics.filter(({ code }) => !own(code)), name => text.get(name), { hints: false })
  return compare(file, printed, readFileSync(path.join(root, file.replace(/\.txtar$/, '.diags')), 'utf8'))
}

export const sets = [
  caseSet('validator', ['validator'], async function* (root) {
    for (const file of filesBelow(root, 'validator', '.txtar')) yield await validate(root, file)
  }),
]
