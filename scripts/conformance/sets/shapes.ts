/** The table of what components take (src/cli/shapes.gen.txt) is what the facts say, and has a line for every component. */
import { readFileSync } from 'node:fs'
import { shapes } from '../../../src/cli/shapes.ts'
import { generate, target } from '../../shapes.ts'
import { caseSet, compare, readFacts } from '../set.ts'

export const sets = [
  caseSet('shapes', ['facts/component-registry.json'], function* (root) {
    yield compare('src/cli/shapes.gen.txt', readFileSync(target, 'utf8'), generate(root))
    for (const { name } of readFacts<{ cases: { name: string }[] }>(root, 'component-registry').cases) {
      if (!name.startsWith('testcomponents.')) yield shapes.get(name)?.args === undefined ? { name, problem: 'is not in the table' } : { name }
    }
  }),
]
