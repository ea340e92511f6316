import assert from 'node:assert/strict'
import { it } from 'node:test'
import echo from '../../../src/components/loki/echo.ts'
import type { LokiConsumer } from '../../../src/components/contract/consume.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent } from '../../support/component.ts'
import { streams } from '../../support/loki.ts'

it('loki.echo writes a line for each entry', async () => {
  const receiver = buildComponent(echo, '').exports!['receiver'] as LokiConsumer
  const call = fakeCall()
  await receiver.consume(streams([['{a="b"}', ['hello world', 1_700_000_000_120_000_000, { k: 'v "x"' }], ['plain', 1_700_000_000_000_000_000]]]), call)
  const start = 'level=info msg="received log entry"'
  assert.deepEqual(call.prints, [
    `${start} entry="hello world" entry_timestamp=2023-11-14T22:13:20.12Z labels="{a=\\"b\\"}" structured_metadata="{\\"k\\":\\"v \\\\\\"x\\\\\\"\\"}"`,
    `${start} entry=plain entry_timestamp=2023-11-14T22:13:20Z labels="{a=\\"b\\"}" structured_metadata={}`,
  ])
})
