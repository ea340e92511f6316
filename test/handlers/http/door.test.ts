import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GraphRoute } from '../../../src/graph/run/graph.ts'
import { describeRoutes, findRoute, pathsOf } from '../../../src/handlers/http/door.ts'

const route = (id: string, method: string, path: string, short: boolean): GraphRoute => ({ id, method, path, short, handle: async () => new Response() })
const routes = [
  route('otelcol.receiver.otlp.a', 'POST', '/v1/traces', true),
  route('otelcol.receiver.otlp.a', 'OPTIONS', '/v1/traces', true),
  route('loki.source.api.x', 'POST', '/push', false),
  route('m.one/loki.source.api.x', 'POST', '/push', false),
  route('any.thing.z', '*', '/*', false),
]
const found = (method: string, path: string, only?: string) => {
  const result = findRoute(routes, method, path, only)
  return typeof result === 'object' && 'route' in result ? result.route.id : result
}

describe('the door', () => {
  it('knows native paths that one component has for itself', () => {
    assert.equal(found('POST', '/v1/traces'), 'otelcol.receiver.otlp.a')
    assert.equal(found('POST', '/push'), 'nothing')
  })

  it('knows every component by its id, inside modules too, with escapes or without', () => {
    assert.equal(found('POST', '/api/v0/component/loki.source.api.x/push'), 'loki.source.api.x')
    assert.equal(found('POST', '/api/v0/component/m.one/loki.source.api.x/push'), 'm.one/loki.source.api.x')
    assert.equal(found('POST', '/api/v0/component/m.one%2Floki.source.api.x/push'), 'm.one/loki.source.api.x')
    assert.equal(found('POST', '/api/v0/component/loki.source.api.x'), 'nothing')
    assert.equal(found('POST', '/api/v0/component/%zz/push'), 'nothing')
  })

  it('says which methods a path has', () => {
    assert.deepEqual(found('GET', '/v1/traces'), { allow: ['OPTIONS', 'POST'] })
    assert.equal(found('PATCH', '/api/v0/component/any.thing.z/whatever/there'), 'any.thing.z')
  })

  it('serves one component alone on a port of its own', () => {
    assert.equal(found('POST', '/push', 'loki.source.api.x'), 'loki.source.api.x')
    assert.equal(found('POST', '/v1/traces', 'loki.source.api.x'), 'nothing')
  })

  it('names its routes, and both paths of each', () => {
    assert.deepEqual(describeRoutes(routes.slice(0, 3)), [
      'POST /v1/traces -> otelcol.receiver.otlp.a',
      'OPTIONS /v1/traces -> otelcol.receiver.otlp.a',
      'POST /api/v0/component/loki.source.api.x/push -> loki.source.api.x',
    ])
    assert.deepEqual(pathsOf(routes[2]!), ['/push', '/api/v0/component/loki.source.api.x/push'])
  })
})
