import { fanOut, type PrometheusConsumer } from '../contract/consume.ts'
import { defineComponent } from '../contract/define.ts'
import { ArgumentError } from '../contract/errors.ts'
import { args, block, blocks, labels } from '../contract/schema.ts'
import { labelsOf } from '../../telemetry/labels.ts'
import { destinationNames, destinationState } from '../../transport/destination.ts'
import { remoteWriteEndpoint } from './_shared/endpoint.ts'
import { endpointArgs, walArgs } from './_shared/remote-args.ts'

/** Sends metrics to Prometheus-compatible destinations by the remote-write protocol. */
export default defineComponent({
  name: 'prometheus.remote_write',
  stability: 'generally-available',
  args: args({
    /** Labels that every series gets which does not have them. */
    external_labels: labels(),
    /** The destinations; each gets everything. */
    endpoint: blocks(endpointArgs),
    /** Makes every batch go by the durable queue, and be acknowledged from there; without it only those do that an endpoint cannot take. */
    wal: block(walArgs),
  }),
  exports: { receiver: 'storage.Appendable' },
  state: destinationState,
  build({ external_labels, endpoint, wal }) {
    if (wal?.truncate_frequency === 0) throw new ArgumentError(['wal', 'truncate_frequency'], 'truncate_frequency must not be 0')
    if (wal !== undefined && wal.max_keepalive_time <= wal.min_keepalive_time) {
      throw new ArgumentError(['wal', 'min_keepalive_time'], 'min_keepalive_time must be smaller than max_keepalive_time')
    }
    const external = labelsOf(Object.entries(external_labels))
    const names = destinationNames(endpoint)
    const queue = wal === undefined ? { mode: 'through' as const, maxAgeMs: 0 } : { mode: 'queued' as const, maxAgeMs: wal.max_keepalive_time }
    const endpoints = endpoint.map((one, index) => remoteWriteEndpoint(one, external, { name: names[index]!, ...queue }, ['endpoint', index]))
    const consumers = endpoints.map(({ consumer }) => consumer)
    const receiver: PrometheusConsumer = { consume: (batch, call) => fanOut(consumers, batch, call) }
    return { exports: { receiver }, drains: endpoints.flatMap(({ target }) => target.drain ?? []) }
  },
})
