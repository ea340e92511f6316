import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConsumeError } from '../../../src/components/contract/errors.ts'
import { delivered, runText } from '../../support/graph.ts'

const signal = new AbortController().signal
const push = (name: string, extra = '') => `
test.source "in" {
  forward_to = [test.sink.out.receiver]
}
test.sink "out" {
  name = ${name}
  ${extra}
}
`

async function send(graph: Awaited<ReturnType<typeof runText>>['graph'], id = 'test.source.in', bytes = new Uint8Array()): Promise<Response> {
  const route = graph.routes.find(candidate => candidate.id === id)!
  return route.handle(new Request('http://sluice/push', { method: 'POST', body: bytes }), graph.enter(id, signal))
}

describe('a running graph', () => {
  it('takes a batch from its route to its end, and counts it', async () => {
    const { graph } = await runText(push('"plain"'))
    const response = await send(graph)
    assert.equal(response.status, 204)
    assert.equal(delivered.get('plain')?.length, 1)
    assert.deepEqual(graph.nodes.map(({ id, health }) => [id, health.state]), [['test.sink.out', 'healthy'], ['test.source.in', 'healthy']])
  })

  it('reads the environment when it starts', async () => {
    const { graph } = await runText(push('sys.env("SINK")'), { env: { SINK: 'from the environment' } })
    await send(graph)
    assert.equal(delivered.get('from the environment')?.length, 1)
  })

  it('keeps a node that cannot be built in its place: it refuses with the reason, and its neighbours live on', async () => {
    const { graph, world } = await runText(`${push('"x"', 'size = 40 + sys.env("MORE")').replace('40 + ', '')}
test.source "other" {
  path = "/other"
  forward_to = [test.sink.well.receiver]
}
test.sink "well" {
  name = "well"
}`, { env: { MORE: '500' } })
    await assert.rejects(send(graph), (error: unknown) => error instanceof ConsumeError && error.kind === 'retryable' && /test\.sink\.out is unhealthy: size 500 is more than 100/.test(error.message))
    assert.equal((await send(graph, 'test.source.other')).status, 204)
    assert.equal(graph.nodes.find(({ id }) => id === 'test.sink.out')?.health.state, 'unhealthy')
    assert.match(world.logged.join('\n'), /level=error .*component is unhealthy.*test\.sink\.out/)
    assert.equal(graph.lastFailures[0]?.id, 'test.sink.out')
  })

  const dynamic = `
test.file "name" {
  filename = "name.txt"
}
${push('test.file.name.content')}`

  it('reads changing values before the first use, rebuilds dependants when they change, and keeps the last good ones', async () => {
    const { graph, world } = await runText(dynamic, { files: { 'name.txt': 'first' } })
    assert.equal(graph.nodes.find(({ id }) => id === 'test.file.name')?.health.state, 'waiting')
    await graph.ready(signal)
    await send(graph)
    assert.equal(delivered.get('first')?.length, 1)

    world.files.set('name.txt', 'second')
    await graph.tick(signal)
    await send(graph)
    assert.equal(delivered.get('first')?.length, 2, 'not due yet')

    world.nowMs += 1000
    await graph.tick(signal)
    await send(graph)
    assert.equal(delivered.get('second')?.length, 1)

    world.files.delete('name.txt')
    world.nowMs += 1000
    await graph.tick(signal)
    await send(graph)
    assert.equal(delivered.get('second')?.length, 2)
    assert.equal(graph.nodes.find(({ id }) => id === 'test.file.name')?.health.state, 'unhealthy')
  })

  it('refuses while a value cannot be read, and recovers once it can', async () => {
    const { graph, world } = await runText(dynamic)
    await graph.ready(signal)
    await assert.rejects(send(graph), ConsumeError)
    world.files.set('name.txt', 'late')
    world.nowMs += 1000
    await graph.tick(signal)
    await send(graph)
    assert.equal(delivered.get('late')?.length, 1)
  })

  it('reads a value that fails again at its own interval, not at every tick', async () => {
    const { graph, world, host } = await runText(dynamic)
    let reads = 0
    const { readFile } = host
    Object.assign(host, { readFile: (name: string) => { reads++; return readFile!(name) } })
    await graph.ready(signal)
    await graph.tick(signal)
    await graph.tick(signal)
    assert.equal(reads, 1)
    world.nowMs += 1000
    await Promise.all([graph.tick(signal), graph.tick(signal)])
    assert.equal(reads, 2, 'and never twice at once')
  })

  it('makes one id for an installation, whoever asks first', async () => {
    const { graph } = await runText(push('"id"'))
    const ids = await Promise.all([graph.enter('a', signal).installation(), graph.enter('b', signal).installation()])
    assert.match(ids[0], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(ids[0], ids[1])
  })
})
