import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineComponent, type Definition } from '../../../src/components/contract/define.ts'
import { args, boolean, map, secret, string } from '../../../src/components/contract/schema.ts'
import { FunctionValue, Unknown, objectValue } from '../../../src/language/value.ts'
import { compileText, testComponents } from '../../support/graph.ts'

const extra: readonly Definition[] = [
  defineComponent({
    name: 'test.vault',
    stability: 'generally-available',
    args: args({ is_secret: boolean({ default: false }) }),
    exports: { content: 'optional_secret', data: 'map(secret)' },
    build: () => ({}),
  }),
  defineComponent({
    name: 'test.shown',
    stability: 'generally-available',
    args: args({ text: string(), hidden: secret(), headers: map(string({ required: true })) }),
    build: () => ({}),
  }),
]
const components = { ...testComponents, ...Object.fromEntries(extra.map(definition => [definition.name, definition])) }
const functions = objectValue({ convert: objectValue({ nonsensitive: new FunctionValue('nonsensitive', () => new Unknown('string')) }) })

async function said(argument: string, vault = '  is_secret = true\n') {
  const text = `test.vault "v" {\n${vault}}\ntest.shown "s" {\n  ${argument}\n}\n`
  const { diagnostics } = await compileText(text, { lookup: async name => components[name], functions })
  return diagnostics.map(({ start, message, hint }) => [start.column, message, hint])
}

const words = 'secrets may not be converted into strings'
const hint = (argument: string, source: string) =>
  `test.shown.s.${argument} is plain text, so the secret would show in logs and pages. Write convert.nonsensitive(${source}) where that is meant.`

describe('a secret where plain text is wanted', () => {
  it('is refused in Alloy\'s words, with the argument and the way out', async () => {
    assert.deepEqual(await said('text = test.vault.v.content'), [[10, `test.vault.v.content ${words}`, hint('text', 'test.vault.v.content')]])
    assert.deepEqual(await said('text = test.vault.v.data.key', ''), [[10, `test.vault.v.data.key ${words}`, hint('text', 'test.vault.v.data.key')]])
    assert.deepEqual(await said('headers = { "a" = test.vault.v.data["key"] }'), [[21, `test.vault.v.data["key"] ${words}`, hint('headers', 'test.vault.v.data["key"]')]])
  })

  it('is refused after it was joined to something', async () => {
    assert.deepEqual(await said('text = "Bearer " + test.vault.v.content'), [[10, `"Bearer " + test.vault.v.content ${words}`, hint('text', '"Bearer " + test.vault.v.content')]])
  })

  it('is refused as a whole map', async () => {
    assert.deepEqual(await said('headers = test.vault.v.data'), [[13, 'test.vault.v.data should be map(string), got map(secret)',
      'test.shown.s.headers is plain text, so the secret would show in logs and pages. Give each value by itself, in convert.nonsensitive where that is meant.']])
  })

  it('is accepted where it stays one, where it is given up on purpose, and where it is none', async () => {
    assert.deepEqual(await said('hidden = "Bearer " + test.vault.v.content'), [])
    assert.deepEqual(await said('text = convert.nonsensitive(test.vault.v.content)'), [])
    assert.deepEqual(await said('text = test.vault.v.content', ''), [])
    assert.deepEqual(await said('text = test.vault.v.content', '  is_secret = false\n'), [])
  })
})
