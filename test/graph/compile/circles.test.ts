import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { connected } from '../../../src/graph/compile/circles.ts'

const run = (edges: Readonly<Record<string, readonly string[]>>) => [...connected(Object.keys(edges), node => edges[node]!)]

describe('circles', () => {
  it('come together, and what they lead to before them', () => {
    assert.deepEqual(run({ a: ['b'], b: ['c', 'd'], c: ['b'], d: [], e: ['e'] }), [['d'], ['b', 'c'], ['a'], ['e']])
  })

  it('are the same as by trying every path', () => {
    const graphs = fc.integer({ min: 1, max: 7 }).chain(size => fc.array(fc.array(fc.nat(size - 1), { maxLength: 4 }), { minLength: size, maxLength: size }))
    fc.assert(fc.property(graphs, graph => {
      const reaches = (from: number, to: number, seen = new Set<number>()): boolean =>
        graph[from]!.some(next => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))))
      const nodes = graph.map((_, node) => node)
      const components = [...connected(nodes, node => graph[node]!)]
      assert.deepEqual(components.flat().sort(), nodes)
      const of = new Map(components.flatMap((component, index) => component.map(node => [node, index] as const)))
      for (const a of nodes) {
        for (const b of nodes) assert.equal(of.get(a) === of.get(b), a === b || (reaches(a, b) && reaches(b, a)))
        for (const b of graph[a]!) assert.ok(of.get(b)! <= of.get(a)!, 'dependencies come first')
      }
    }), { numRuns: 300 })
  })

  it('are found in long chains', () => {
    const size = 20_000
    const components = [...connected(Array.from({ length: size }, (_, node) => node), node => [(node + 1) % size])]
    assert.equal(components.length, 1)
    assert.equal(components[0]!.length, size)
  })
})
