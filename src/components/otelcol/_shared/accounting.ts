/** What the collector's own receivers and processors count of themselves, under its names. */

import { countItems } from '../../../telemetry/count.ts'
import type { OtlpBatch } from '../../../telemetry/batch.ts'
import type { Call } from '../../contract/call.ts'
import { withOutcome } from '../../contract/consume.ts'
import { processorIncoming, processorOutgoing, receiverAccepted, receiverRefused } from '../../contract/metrics.ts'

/** Waits for `consumed`, which has to be the way of `batch` downstream, and counts its items by outcome. `receiver` is the collector's name of the type. */
export function received(receiver: string, batch: OtlpBatch, call: Call, consumed: Promise<void>): Promise<void> {
  const labels = { receiver, transport: 'http' }
  return withOutcome(countItems(batch), consumed, (accepted, refused) => {
    call.count(receiverAccepted[batch.signal], accepted, labels)
    call.count(receiverRefused[batch.signal], refused, labels)
  })
}

/** Counts what went into a processor and what came out of it. */
export function processed(processor: string, incoming: OtlpBatch, outgoing: OtlpBatch, call: Call): void {
  const labels = { processor, otel_signal: incoming.signal }
  call.count(processorIncoming, countItems(incoming), labels)
  call.count(processorOutgoing, countItems(outgoing), labels)
}
