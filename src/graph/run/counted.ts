/** Consumers that count what passes them: the graph's own figures, the same for every component. */

import { withOutcome, type Consumer } from '../../components/contract/consume.ts'
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
      try {
        await withOutcome(countItems(batch), consumer.consume(batch, (call as GraphCall).at(id)), count)
      } catch (error) {
        failed(error)
        throw error
      }
    },
  }
}
