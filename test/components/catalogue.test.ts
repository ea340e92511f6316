/** What holds for every component: name and place agree, arguments are documented, and building with blanks never ends in a bug. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { referenceFolder, referencePages } from '../../scripts/reference.ts'
import { lookup } from '../../src/cli/compile.ts'
import { catalog } from '../../src/components/catalog.gen.ts'
import { decode, type Evaluated } from '../../src/components/contract/decode.ts'
import { ArgumentError } from '../../src/components/contract/errors.ts'
import { stabilities, type Fields } from '../../src/components/contract/schema.ts'
import { Unknown } from '../../src/language/value.ts'

const root = path.resolve(import.meta.dirname, '../..')
const pipelines = path.join(root, 'test/pipelines')
const cases = readdirSync(pipelines).filter(name => name.endsWith('.txtar')).map(name => readFileSync(path.join(pipelines, name), 'utf8')).join('\n')

/** A body in which everything is written that can be, with values that are not known yet. */
function everything(fields: Fields): Evaluated {
  const at = { start: 0, end: 0 }
  const entries = Object.entries(fields)
  return {
    ...at,
    attributes: entries.flatMap(([name, { form }]) => (form === 'attribute' ? [{ name, value: new Unknown(), at, nameAt: at }] : [])),
    blocks: entries.flatMap(([name, field]) => (field.form === 'attribute' ? [] : [{ name, body: everything(field.fields!), at, nameAt: at }])),
  }
}

describe('every component', () => {
  it('is in the catalogue, which is generated', () => {
    execFileSync(process.execPath, ['--import', 'tsx', path.join(root, 'scripts/catalog.ts'), '--check'], { stdio: 'pipe' })
  })

  it('has its page of reference, as the source says it now (npx tsx scripts/reference.ts)', async () => {
    const pages = await referencePages()
    assert.deepEqual(readdirSync(referenceFolder).sort(), [...pages.keys()].sort())
    for (const [file, text] of pages) assert.equal(readFileSync(path.join(referenceFolder, file), 'utf8'), text, file)
  })

  for (const name of Object.keys(catalog)) {
    describe(name, () => {
      it('has the name of its place, and a stability', async () => {
        const definition = (await lookup(name))!
        assert.equal(definition.name, name)
        assert.ok(stabilities.includes(definition.stability))
      })

      it('builds, or complains about its arguments, while nothing is known yet', async () => {
        const definition = (await lookup(name))!
        const { value } = decode(definition.args, everything(definition.args), 'experimental')
        try {
          definition.build(value, definition.state ?? {}, { id: `${name}.test` })
        } catch (error) {
          assert.ok(error instanceof ArgumentError, String(error))
        }
      })

      it('stands in a pipeline', () => {
        assert.match(cases, new RegExp(`^\\s*${name.replaceAll('.', '\\.')} (".*" )?\\{`, 'm'))
      })
    })
  }
})
