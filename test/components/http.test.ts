import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import http from '../../src/components/http.ts'
import { buildComponent, problemsOf } from '../support/component.ts'

const basic = 'basic { username = "ann"\n password = "pw" }'
const right = { authorization: `Basic ${btoa('ann:pw')}` }

async function statusOf(text: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  const { guard } = buildComponent(http, text)
  return (await guard?.(new Request(`https://sluice.test${path}`, { headers })))?.status ?? 200
}

describe('http', () => {
  it('asks everywhere for the user name and the password', async () => {
    const text = `auth { ${basic} }`
    assert.equal(await statusOf(text, '/v1/traces'), 401)
    assert.equal(await statusOf(text, '/v1/traces', right), 200)
    for (const wrong of ['ann:p', 'ann:pww', 'bob:pw', ':', 'ann', 'ANN:pw']) {
      assert.equal(await statusOf(text, '/', { authorization: `Basic ${btoa(wrong)}` }), 401, wrong)
    }
    assert.equal(await statusOf(text, '/', { authorization: 'Bearer pw' }), 401)
  })

  it('answers as Alloy does', async () => {
    const { guard } = buildComponent(http, `auth { ${basic} }`)
    const response = await guard!(new Request('https://sluice.test/metrics'))
    assert.equal(response!.headers.get('www-authenticate'), 'Basic realm="Restricted"')
    assert.equal(await response!.text(), 'unauthorized: a user name and password are needed\n')
  })

  it('asks on the paths of the filter only, or on all others', async () => {
    const matching = `auth { ${basic}\n filter { paths = ["/v1", "/metrics"] } }`
    assert.equal(await statusOf(matching, '/v1/logs'), 401)
    assert.equal(await statusOf(matching, '/%76%31/logs'), 401)
    assert.equal(await statusOf(matching, '/v2'), 200)
    const others = `auth { ${basic}\n filter { paths = ["/v1"]\n authenticate_matching_paths = false } }`
    assert.equal(await statusOf(others, '/v1/logs'), 200)
    assert.equal(await statusOf(others, '/%zz'), 401)
    assert.equal(await statusOf(others, '/metrics', right), 200)
  })

  it('an empty filter asks nowhere, as in Alloy', async () => {
    assert.equal(await statusOf(`auth { ${basic}\n filter { } }`, '/v1/logs'), 200)
  })

  it('stays shut while the password is empty', async () => {
    const text = 'auth { basic { username = ""\n password = "" } }'
    assert.equal(await statusOf(text, '/', { authorization: `Basic ${btoa(':')}` }), 401)
  })

  it('guards nothing without auth', () => {
    assert.equal(buildComponent(http, '').guard, undefined)
    assert.equal(buildComponent(http, 'auth { }').guard, undefined)
  })

  it('says where TLS ends', () => {
    assert.deepEqual(problemsOf(http, 'tls { cert_file = "a"\n key_file = "b" }'), ['inert tls: TLS ends at the platform, before a request gets here.'])
  })
})
