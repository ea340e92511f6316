import { fanOut, type LokiConsumer } from '../contract/consume.ts'
import { defineComponent } from '../contract/define.ts'
import { ArgumentError } from '../contract/errors.ts'
import { args, block, blocks, integer, labels } from '../contract/schema.ts'
import { labelsOf } from '../../telemetry/labels.ts'
import { destinationNames, destinationState } from '../../transport/destination.ts'
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
    /** With `enabled`, every batch goes by the durable queue and is acknowledged from there; without it only those do that an endpoint cannot take. */
    wal: block(walArgs),
  }),
  exports: { receiver: 'loki.LogsReceiver' },
  state: destinationState,
  build({ external_labels, max_streams, endpoint, wal }) {
    if (wal !== undefined && wal.min_read_frequency >= wal.max_read_frequency) {
      throw new ArgumentError(['wal', 'min_read_frequency'], 'min_read_frequency must be lower than max_read_frequency')
    }
    const external = labelsOf(Object.entries(external_labels))
    const names = destinationNames(endpoint)
    const queue = wal?.enabled === true ? { mode: 'queued' as const, maxAgeMs: wal.max_segment_age } : { mode: 'through' as const, maxAgeMs: 0 }
    const endpoints = endpoint.map((one, index) => lokiEndpoint(one, external, max_streams, { name: names[index]!, ...queue }, ['endpoint', index]))
    const consumers = endpoints.map(({ consumer }) => consumer)
    const receiver: LokiConsumer = { consume: (batch, call) => fanOut(consumers, batch, call) }
    return { exports: { receiver }, drains: endpoints.flatMap(({ target }) => target.drain ?? []) }
  },
})
