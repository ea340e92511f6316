import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import http from '../../src/components/http.ts'
import { buildComponent, problemsOf } from '../support/component.ts'

const basic = 'basic { username = "ann"\n password = "pw" }'
const right = { authorization: `Basic ${btoa('ann:pw')}` }

function statusOf(text: string, path: string, headers: Record<string, string> = {}): number {
  const { guard } = buildComponent(http, text)
  return (guard?.asks([path]) === true ? guard.refuse(new Headers(headers)) : undefined)?.status ?? 200
}

describe('http', () => {
  it('asks everywhere for the user name and the password', async () => {
    const text = `auth { ${basic} }`
    assert.equal(statusOf(text, '/v1/traces'), 401)
    assert.equal(statusOf(text, '/v1/traces', right), 200)
    for (const wrong of ['ann:p', 'ann:pww', 'bob:pw', ':', 'ann', 'ANN:pw']) {
      assert.equal(statusOf(text, '/', { authorization: `Basic ${btoa(wrong)}` }), 401, wrong)
    }
    assert.equal(statusOf(text, '/', { authorization: 'Bearer pw' }), 401)
  })

  it('answers as Alloy does', async () => {
    const { guard } = buildComponent(http, `auth { ${basic} }`)
    const response = guard!.refuse(new Headers())
    assert.equal(response!.headers.get('www-authenticate'), 'Basic realm="Restricted"')
    assert.equal(await response!.text(), 'unauthorized: a user name and password are needed\n')
  })

  it('asks on the paths of the filter only, or on all others', async () => {
    const matching = `auth { ${basic}\n filter { paths = ["/v1", "/metrics"] } }`
    assert.equal(statusOf(matching, '/v1/logs'), 401)
    assert.equal(statusOf(matching, '/%76%31/logs'), 401)
    assert.equal(statusOf(matching, '/v2'), 200)
    const others = `auth { ${basic}\n filter { paths = ["/v1"]\n authenticate_matching_paths = false } }`
    assert.equal(statusOf(others, '/v1/logs'), 200)
    assert.equal(statusOf(others, '/%zz'), 401)
    assert.equal(statusOf(others, '/metrics', right), 200)
  })

  it('asks on every spelling of a route when one is listed', () => {
    const { guard } = buildComponent(http, `auth { ${basic}\n filter { paths = ["/v1"] } }`)
    assert.equal(guard!.asks(['/api/v0/component/a.b.c/v1/logs', '/v1/logs']), true)
    assert.equal(guard!.asks(['/api/v0/component/a.b.c/v2/logs', '/v2/logs']), false)
  })

  it('an empty filter asks nowhere, as in Alloy', async () => {
    assert.equal(statusOf(`auth { ${basic}\n filter { } }`, '/v1/logs'), 200)
  })

  it('stays shut while the password is empty', async () => {
    const text = 'auth { basic { username = ""\n password = "" } }'
    assert.equal(statusOf(text, '/', { authorization: `Basic ${btoa(':')}` }), 401)
  })

  it('guards nothing without auth', () => {
    assert.equal(buildComponent(http, '').guard, undefined)
    assert.equal(buildComponent(http, 'auth { }').guard, undefined)
  })

  it('says where TLS ends', () => {
    assert.deepEqual(problemsOf(http, 'tls { cert_file = "a"\n key_file = "b" }'), ['inert tls: TLS ends at the platform, before a request gets here.'])
  })
})
