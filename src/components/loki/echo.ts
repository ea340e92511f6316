import type { LokiConsumer } from '../contract/consume.ts'
import { defineComponent } from '../contract/define.ts'
import { args } from '../contract/schema.ts'
import { quoteGo } from '../../lib/go-quote.ts'
import { rfc3339 } from '../../lib/time.ts'
import { streamsOf, type Entry } from '../../telemetry/loki.ts'

/** Writes log entries to standard output, a line each. */
export default defineComponent({
  name: 'loki.echo',
  stability: 'generally-available',
  args: args({}),
  exports: { receiver: 'loki.LogsReceiver' },
  build() {
    const receiver: LokiConsumer = {
      async consume(batch, call) {
        for (const stream of streamsOf(batch)) for (const entry of stream.entries()) call.print(lineOf(stream.labelText, entry))
      },
    }
    return { exports: { receiver } }
  },
})

/** An entry in logfmt, with the message and the keys of Alloy. */
function lineOf(labels: string, { line, timestamp, metadata }: Entry): string {
  const fields = {
    level: 'info', msg: 'received log entry', entry: line, entry_timestamp: nanoTime(timestamp), labels,
    structured_metadata: JSON.stringify(Object.fromEntries(metadata)),
  }
  return Object.entries(fields).map(([key, value]) => `${key}=${logfmt(value)}`).join(' ')
}

const logfmt = (value: string) => (/^[^\s"=\\\p{Cc}\ufffd]*$/u.test(value) ? value : quoteGo(value))

/** RFC 3339 with as many digits as it takes, as Go's RFC3339Nano. */
function nanoTime(timestamp: bigint): string {
  const nanos = BigInt.asUintN(64, ((timestamp % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)
  const seconds = rfc3339(Number((timestamp - nanos) / 1_000_000n)).replace(/\.000Z$/, '')
  const fraction = String(nanos).padStart(9, '0').replace(/0+$/, '')
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`
}
