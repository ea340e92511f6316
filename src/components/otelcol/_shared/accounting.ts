/** What the collector's own receivers and processors count of themselves, under its names. */

import { countItems } from '../../../telemetry/count.ts'
import type { OtlpBatch, OtlpSignal } from '../../../telemetry/batch.ts'
import type { Depth } from '../../../state/kinds.ts'
import type { DeliveryEvent, DestinationOptions } from '../../../transport/destination.ts'
import type { Call } from '../../contract/call.ts'
import { withOutcome } from '../../contract/consume.ts'
import {
  exporterEnqueueFailed, exporterQueueCapacity, exporterQueueSize, exporterSendFailed, exporterSent, processorIncoming, processorOutgoing,
  receiverAccepted, receiverRefused,
} from '../../contract/metrics.ts'

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

/** What an exporter's destination for `signal` tells of itself. What a queue does not take goes back to its sender; without a queue that is a failure to send. */
export function exported(exporter: string, signal: OtlpSignal, mode: 'through' | 'queued' | 'direct', { unit, capacity }: QueueUnit): Pick<DestinationOptions<OtlpBatch>, 'observe' | 'readings'> {
  const counters: Partial<Record<DeliveryEvent['kind'], typeof exporterSent>> = {
    sent: exporterSent,
    refused: exporterSendFailed,
    dropped: exporterSendFailed,
    returned: mode === 'direct' ? exporterSendFailed : exporterEnqueueFailed,
  }
  const labels = { exporter, data_type: signal }
  return {
    observe({ kind, items }, call) {
      const counter = counters[kind]
      if (counter !== undefined) call.count(counter[signal], items, { exporter })
    },
    readings: depth => [
      { metric: exporterQueueSize, value: depth[unit], labels },
      { metric: exporterQueueCapacity, value: capacity, labels },
    ],
  }
}

/** What a queue's size counts, and how much it holds. */
export interface QueueUnit {
  readonly unit: keyof Depth & ('batches' | 'items' | 'bytes')
  readonly capacity: number
}
