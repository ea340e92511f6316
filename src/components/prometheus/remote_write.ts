import { fanOut, type PrometheusConsumer } from '../contract/consume.ts'
import { defineComponent } from '../contract/define.ts'
import { ArgumentError } from '../contract/errors.ts'
import { args, block, blocks, labels } from '../contract/schema.ts'
import { labelsOf } from '../../telemetry/labels.ts'
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
    /** The write-ahead log of Alloy. */
    wal: block(walArgs, {
      inert: 'There is no write-ahead log: samples are forwarded while their request waits, and the answer says what became of them.',
    }),
  }),
  exports: { receiver: 'storage.Appendable' },
  build({ external_labels, endpoint, wal }) {
    if (wal?.truncate_frequency === 0) throw new ArgumentError(['wal', 'truncate_frequency'], 'truncate_frequency must not be 0')
    if (wal !== undefined && wal.max_keepalive_time <= wal.min_keepalive_time) {
      throw new ArgumentError(['wal', 'min_keepalive_time'], 'min_keepalive_time must be smaller than max_keepalive_time')
    }
    const external = labelsOf(Object.entries(external_labels))
    const endpoints = endpoint.map((one, index) => remoteWriteEndpoint(one, external, ['endpoint', index]))
    const receiver: PrometheusConsumer = { consume: (batch, call) => fanOut(endpoints, batch, call) }
    return { exports: { receiver } }
  },
})
