import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { candidates } from '../../src/handlers/dns.ts'

describe('the names to ask for', () => {
  const conf = 'nameserver 10.96.0.10\nsearch web.svc.cluster.local svc.cluster.local. # ours\noptions timeout:2 ndots:5\n'
  const cases: [name: string, conf: string, wanted: string[]][] = [
    ['a.b', '', ['a.b']],
    ['a.b.', conf, ['a.b']],
    ['a.b', conf, ['a.b.web.svc.cluster.local', 'a.b.svc.cluster.local', 'a.b']],
    ['a.b', 'search x', ['a.b', 'a.b.x']],
    ['a', 'domain x\n', ['a.x', 'a']],
    ['a', 'search x\nsearch y z\n; search no', ['a.y', 'a.z', 'a']],
  ]
  for (const [name, resolvConf, wanted] of cases) {
    it(`${name} with ${JSON.stringify(resolvConf)}`, () => { assert.deepEqual(candidates(name, resolvConf), wanted) })
  }
})
