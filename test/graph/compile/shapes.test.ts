import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { lookup } from '../../../src/cli/compile.ts'
import { knownComponents } from '../../../src/cli/known-components.ts'
import { shapes } from '../../../src/cli/shapes.ts'
import { catalog } from '../../../src/components/catalog.gen.ts'
import type { Fields } from '../../../src/components/contract/schema.ts'
import { standIn } from '../../../src/graph/compile/stand-in.ts'
import { parseShapes, typeText, type Shape } from '../../../src/graph/compile/shapes.ts'
import { refuseWord, wordsOf } from '../../../src/graph/compile/words.ts'

/** Every shape that can be reached from one, and each type's text in it. */
function walk(shape: Shape, seen = new Set<Shape>()): void {
  if (seen.has(shape)) return
  seen.add(shape)
  for (const field of shape.fields.values()) {
    if (field.form === 'attribute') assert.match(typeText(field.type), /^[\w.()"]+$/)
    else walk(field.shape(), seen)
  }
}

describe('the table of shapes', () => {
  it('is read lazily, with blocks that hold themselves', () => {
    const { names, get } = parseShapes('# c\na.b component experimental 0 -\nc service generally-available - -\n\nx:[{string}] y?*{0} z@{1} "label"\nx{0} y?:#0\n')
    assert.deepEqual(names, ['a.b', 'c'])
    const { args, level, exports } = get('a.b')!
    assert.equal(level, 'experimental')
    assert.equal(exports, undefined)
    assert.deepEqual([...args!.fields.keys()], ['x', 'y', 'z.x'])
    assert.equal(args!.labelled, true)
    const y = args!.fields.get('y')
    assert.ok(y?.form === 'blocks' && !y.required && y.shape() === args)
    assert.equal(get('c')!.args, undefined)
    assert.equal(get('d'), undefined)
  })

  it('has every component that is known, and nothing in it leads nowhere', () => {
    for (const name of knownComponents) {
      // It is in Alloy's documentation still, and no longer in Alloy.
      if (name === 'otelcol.receiver.opencensus') continue
      const known = shapes.get(name)
      assert.ok(known?.kind === 'component', name)
      walk(known.args!)
      if (known.exports !== undefined) walk(known.exports)
      standIn(name, known)
    }
  })

  it('knows the words of every text that takes only some', () => {
    const names = new Set([...readFileSync(path.join(import.meta.dirname, '../../../src/cli/shapes.gen.txt'), 'utf8').matchAll(/~([a-z-]+)/g)].map(found => found[1]!))
    for (const name of names) {
      assert.equal(typeof refuseWord(name, name === 'source' ? '' : 'no such word'), 'string', name)
      for (const word of wordsOf(name)) assert.equal(refuseWord(name, word), undefined, `${name} ${word}`)
    }
  })

  for (const name of Object.keys(catalog)) {
    it(`and ${name} agree on what there is`, async () => {
      const definition = (await lookup(name))!
      const known = shapes.get(name)
      assert.ok(known?.args !== undefined)
      assert.equal(definition.stability, known.level)
      assert.deepEqual(Object.keys(definition.exports ?? {}).sort(), [...known.exports?.fields.keys() ?? []].sort())
      compareFields(definition.args, known.args, name)
    })
  }
})

/** What the table has, the definition has in the same form, and the other way round. */
function compareFields(fields: Fields, shape: Shape, at: string): void {
  assert.deepEqual(Object.keys(fields).filter(field => !shape.fields.has(field)), [], `${at} has more than Alloy`)
  for (const [name, wanted] of shape.fields) {
    const field = fields[name]
    assert.ok(field !== undefined, `${at} lacks ${name}`)
    assert.equal(field.form, wanted.form, `${at}.${name}`)
    if (wanted.form !== 'attribute') compareFields(field.fields!, wanted.shape(), `${at}.${name}`)
  }
}
