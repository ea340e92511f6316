/** Consumers that count what passes them: the graph's own figures, the same for every component. */

import type { Consumer } from '../../components/contract/consume.ts'
import { ConsumeError } from '../../components/contract/errors.ts'
import { componentAccepted, componentRefused } from '../../components/contract/metrics.ts'
import type { Batch } from '../../telemetry/batch.ts'
import { countItems } from '../../telemetry/count.ts'
import type { GraphCall } from './call.ts'
import type { Throughput } from './health.ts'
import type { Ledger } from './ledger.ts'

/** `consumer` inside the node `id`, with its items counted by outcome; `failed` is told of every error. */
export function counted(consumer: Consumer<Batch>, id: string, throughput: Throughput, ledger: Ledger, failed: (error: unknown) => void): Consumer<Batch> {
  const accepted = ledger.series(componentAccepted, id)
  const refused = ledger.series(componentRefused, id)
  const count = (good: number, bad: number) => {
    throughput.accepted += good
    throughput.refused += bad
    ledger.add(accepted, good)
    ledger.add(refused, bad)
  }
  return {
    async consume(batch, call) {
      const items = countItems(batch)
      try {
        await consumer.consume(batch, (call as GraphCall).at(id))
        count(items, 0)
      } catch (error) {
        const rejected = error instanceof ConsumeError ? (error.rejected ?? items) : items
        count(items - rejected, rejected)
        failed(error)
        throw error
      }
    },
  }
}
