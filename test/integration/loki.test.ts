/** pino-loki through Sluice: lines, labels, timestamps, structured metadata and tenant are at the far end what the client pushed. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { until } from '../support/platform.ts'
import { freePort, startSink, type Sink } from '../support/sink.ts'
import { inOrder, readJsonPush, readPush, type Stored } from './support/loki-far-end.ts'
import { logLines } from './support/pino.ts'
import { platforms, startSluice, type Sluice } from './support/sluice.ts'

const config = (sink: string, port: number) => `
loki.source.api "default" {
  http {
    listen_address = "127.0.0.1"
    listen_port    = ${port}
  }
  use_incoming_timestamp = true
  labels                 = { region = "eu" }
  forward_to             = [loki.relabel.default.receiver]
}
loki.relabel "default" {
  rule {
    action = "labeldrop"
    regex  = "pod_template_hash"
  }
  rule {
    source_labels = ["level", "module"]
    separator     = "/"
    regex         = "(.+)/m(\\\\d)"
    target_label  = "kind"
    replacement   = "$1-$2"
  }
  rule {
    source_labels = ["level", "module"]
    regex         = "debug;m1"
    action        = "drop"
  }
  forward_to = [loki.write.default.receiver]
}
loki.write "default" {
  endpoint {
    url       = "${sink}/through"
    tenant_id = "by-default"
  }
  external_labels = { cluster = "one", app = "not this" }
}
`

/** What the configuration makes of what the client pushed. */
function expected(pushed: readonly Stored[], tenant: string): Stored[] {
  return pushed.filter(({ labels: { level, module } }) => !(level === 'debug' && module === 'm1')).map(entry => {
    const { pod_template_hash: _dropped, ...labels } = entry.labels
    const kind = `${labels.level!}-${labels.module!.slice(1)}`
    return { ...entry, tenant, labels: { cluster: 'one', ...labels, region: 'eu', kind } }
  })
}

describe('pino-loki through Sluice', () => {
  let sink: Sink
  before(async () => { sink = await startSink() })
  after(() => sink.stop())

  for (const platform of platforms) {
    describe(`on ${platform}`, () => {
      let sluice: Sluice
      let host: string
      before(async () => {
        const port = await freePort()
        sluice = await startSluice(platform, config(sink.url, port))
        host = platform === 'node' ? `http://127.0.0.1:${port}` : sluice.url
      })
      after(() => sluice.stop())

      for (const [title, headers, tenant] of [
        ['of a tenant by its header', { 'X-Scope-OrgID': 'team-a' }, 'team-a'],
        ['of the default tenant', {}, 'by-default'],
      ] as const) {
        it(`delivers every line ${title}`, async () => {
          const count = 500
          sink.script('/direct', { status: 204 })
          sink.script('/through', { status: 204 })
          await logLines(count, [
            { host: sink.url, endpoint: 'direct', headers: { ...headers } },
            { host, endpoint: 'loki/api/v1/push', headers: { ...headers } },
          ])
          const pushed = sink.take('/direct').flatMap(readJsonPush)
          assert.equal(pushed.length, count)
          const wanted = expected(pushed, tenant)
          assert.ok(wanted.length < count && wanted.length > count / 2)
          const stored: Stored[] = []
          await until('all lines to arrive', () => {
            for (const request of sink.take('/through')) {
              assert.equal(request.headers['content-type'], 'application/x-protobuf')
              stored.push(...readPush(request))
            }
            return stored.length >= wanted.length ? true : undefined
          }).catch(() => { assert.fail(`${stored.length} of ${wanted.length} lines arrived\n${sluice.output()}`) })
          assert.deepEqual(inOrder(stored), inOrder(wanted))
        })
      }
    })
  }
})
