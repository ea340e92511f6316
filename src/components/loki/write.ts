import { fanOut, type LokiConsumer } from '../contract/consume.ts'
import { defineComponent } from '../contract/define.ts'
import { ArgumentError } from '../contract/errors.ts'
import { args, block, blocks, integer, labels } from '../contract/schema.ts'
import { labelsOf } from '../../telemetry/labels.ts'
import { endpointArgs, walArgs } from './_shared/endpoint-args.ts'
import { lokiEndpoint } from './_shared/endpoint.ts'

/** Sends log entries to Loki by its push protocol. */
export default defineComponent({
  name: 'loki.write',
  stability: 'generally-available',
  args: args({
    /** Labels that every entry gets which does not have them. */
    external_labels: labels(),
    /** The most streams of one request; entries of further streams are dropped. 0 is no limit. */
    max_streams: integer({ min: 0, default: 0 }),
    /** The destinations; each gets everything. */
    endpoint: blocks(endpointArgs),
    /** The write-ahead log of Alloy. */
    wal: block(walArgs, {
      inert: 'There is no write-ahead log: entries are forwarded while their request waits, and the answer says what became of them.',
    }),
  }),
  exports: { receiver: 'loki.LogsReceiver' },
  build({ external_labels, max_streams, endpoint, wal }) {
    if (wal !== undefined && wal.min_read_frequency >= wal.max_read_frequency) {
      throw new ArgumentError(['wal', 'min_read_frequency'], 'min_read_frequency must be lower than max_read_frequency')
    }
    const external = labelsOf(Object.entries(external_labels))
    const endpoints = endpoint.map((one, index) => lokiEndpoint(one, external, max_streams, ['endpoint', index]))
    const receiver: LokiConsumer = { consume: (batch, call) => fanOut(endpoints, batch, call) }
    return { exports: { receiver } }
  },
})
