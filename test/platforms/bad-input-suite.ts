/** Runs the table of bad inputs against a built collector. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ask } from '../support/ask.ts'
import { workbench, type Platform, type Served, type Workbench } from '../support/platform.ts'
import { startSink, type Sink } from '../support/sink.ts'
import { badInputConfig, type Answer } from './bad-input/answers.ts'
import { badInputs } from './bad-input/table.ts'
import { pushJson, readStatus, seriesOf, spansOf, streamsOf } from './messages.ts'

export function badInputSuite(platform: Platform): void {
  describe(`a collector built for ${platform.name} refuses`, () => {
    let bench: Workbench
    let sink: Sink
    let served: Served

    before(async () => {
      bench = await workbench()
      sink = await startSink()
      served = await platform.start(await bench.build(platform.target, badInputConfig, { SINK: sink.url }))
    })
    after(async () => {
      await served?.stop()
      await sink?.stop()
      await bench?.clear()
    })

    for (const { name, method, path, headers = {}, body, answer, arrives = [] } of badInputs) {
      it(name, async () => {
        const reply = await ask(served.url + path, { headers, ...(method !== undefined && { method }), ...(body !== undefined && { body: body() }) })
        assert.deepEqual(comparable(reply, answer), answer)
        assert.deepEqual(sink.take().flatMap(namesIn), arrives)
      })
    }

    it('all that, and serves on', async () => {
      const reply = await ask(`${served.url}/loki/api/v1/push`, { body: pushJson({ job: 'web' }, ['good']), headers: { 'content-type': 'application/json' } })
      assert.equal(reply.status, 204, reply.text)
      assert.deepEqual(sink.take().flatMap(namesIn), ['good'])
      assert.doesNotMatch(served.output(), /internal error/)
    })
  })
}

/** A reply in the form of the answer it should be. */
function comparable({ status, headers, body, text }: Awaited<ReturnType<typeof ask>>, wanted: Answer): object {
  const type = headers['content-type'] ?? ''
  const extra = wanted.headers === undefined ? {} : { headers: Object.fromEntries(Object.keys(wanted.headers).map(name => [name, headers[name]])) }
  const told = !('code' in wanted) ? { text } : type === 'application/json' ? JSON.parse(text) as object : readStatus(body)
  return { status, type, ...extra, ...told }
}

/** Names of the spans and series, and the lines, in a request at the destination. */
const namesIn = ({ path, body }: { path: string; body: Uint8Array }): string[] =>
  path === '/loki' ? streamsOf(body).flatMap(({ lines }) => lines)
    : path === '/prometheus' ? seriesOf(body).map(({ labels }) => labels.__name__ ?? '')
      : spansOf(body).map(({ name }) => name)
