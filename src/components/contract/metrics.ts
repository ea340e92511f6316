/**
 * The collector's own metrics as data, under the names, types and labels that Alloy gives them. A build holds just those that its
 * components import. Every one also gets `component_id` and `component_path`; the graph knows them.
 */

import type { OtlpSignal } from '../../telemetry/batch.ts'

/** How a metric's values of several isolates become one: counters and histograms are summed, of a gauge's the highest stands. */
export type MetricType = 'counter' | 'gauge' | 'histogram'

export interface Metric<T extends MetricType = MetricType, L extends string = string> {
  readonly name: string
  readonly type: T
  readonly help: string
  /** Labels beside the component's own, in the order in which they are shown. */
  readonly labels: readonly L[]
  /** The label whose value is completed by the component's id, as otelcol names its parts: `otlp/otelcol.receiver.otlp.default`. */
  readonly completed?: L
  /** Upper bounds of a histogram's buckets, ascending, without infinity. */
  readonly buckets?: readonly number[]
}
export type Counter<L extends string = never> = Metric<'counter', L>
export type Histogram<L extends string = never> = Metric<'histogram', L>
export type Gauge<L extends string = never> = Metric<'gauge', L>

/** The labels that go with a value: none for a metric without labels. */
export type LabelArgs<L extends string> = [L] extends [never] ? [] : [labels: Readonly<Record<L, string>>]

/** A value that is read when somebody asks, instead of being counted: how much waits in a queue. */
export interface Reading {
  readonly metric: Gauge<string>
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
}

// The annotations let a bundler leave out what nobody imports.
/* @__NO_SIDE_EFFECTS__ */
const counter = <const L extends string = never>(name: string, help: string, ...labels: L[]): Counter<L> => ({ type: 'counter', name, help, labels })
/* @__NO_SIDE_EFFECTS__ */
const gauge = <const L extends string = never>(name: string, help: string, ...labels: L[]): Gauge<L> => ({ type: 'gauge', name, help, labels })
/* @__NO_SIDE_EFFECTS__ */
const histogram = <const L extends string = never>(name: string, help: string, buckets: readonly number[], ...labels: L[]): Histogram<L> =>
  ({ type: 'histogram', name, help, labels, buckets })

/* @__NO_SIDE_EFFECTS__ */
const completing = <T extends MetricType, L extends string>(completed: NoInfer<L>, metric: Metric<T, L>): Metric<T, L> => ({ ...metric, completed })

/** One counter for each signal; `{}` in the name and the help is what its items are called. */
/* @__NO_SIDE_EFFECTS__ */
function perSignal<const L extends string>(name: string, help: string, completed: L, ...more: L[]): Readonly<Record<OtlpSignal, Counter<L>>> {
  const of = (items: string): Counter<L> =>
    ({ type: 'counter', name: name.replace('{}', items), help: help.replace('{}', items.replace('_', ' ')), labels: [completed, ...more], completed })
  return { traces: of('spans'), metrics: of('metric_points'), logs: of('log_records') }
}

// --- otelcol: labels and names as the OpenTelemetry Collector 0.158 has them; its otel_scope_* labels are left out ---------------

/** What a receiver handed on, and what it could not. */
export const receiverAccepted = perSignal('otelcol_receiver_accepted_{}_total', 'How many {} were received and made safe.', 'receiver', 'transport')
export const receiverRefused = perSignal('otelcol_receiver_refused_{}_total', 'How many {} were received and not taken: their sender was told.', 'receiver', 'transport')
/** What went through a processor. */
export const processorIncoming = completing('processor', counter('otelcol_processor_incoming_items_total', 'How many items a processor was given.', 'processor', 'otel_signal'))
export const processorOutgoing = completing('processor', counter('otelcol_processor_outgoing_items_total', 'How many items a processor passed on.', 'processor', 'otel_signal'))
export const memoryLimiterAccepted = perSignal('otelcol_processor_memory_limiter_accepted_{}_total', 'How many {} found room.', 'processor')
export const memoryLimiterRefused = perSignal('otelcol_processor_memory_limiter_refused_{}_total', 'How many {} found no room.', 'processor')
/** What became of what an otelcol exporter was given. */
export const exporterSent = perSignal('otelcol_exporter_sent_{}_total', 'How many {} reached the destination.', 'exporter')
export const exporterSendFailed = perSignal('otelcol_exporter_send_failed_{}_total', 'How many {} were given up after their attempts.', 'exporter')
export const exporterEnqueueFailed = perSignal('otelcol_exporter_enqueue_failed_{}_total', 'How many {} a full queue did not take.', 'exporter')
export const exporterQueueSize = completing('exporter', gauge('otelcol_exporter_queue_size', 'How much waits in the sending queue, in the unit of its size.', 'exporter', 'data_type'))
export const exporterQueueCapacity = completing('exporter', gauge('otelcol_exporter_queue_capacity', 'How much the sending queue holds, in the unit of its size.', 'exporter', 'data_type'))

// --- prometheus -------------------------------------------------------------------------------------------------------------------

/** Samples that a component handed to those behind it. */
export const forwardedSamples = counter('prometheus_forwarded_samples_total', 'How many samples went to the components behind this one.')
export const relabelProcessed = counter('alloy_prometheus_relabel_metrics_processed', 'How many samples came in.')
export const relabelWritten = counter('alloy_prometheus_relabel_metrics_written', 'How many samples went on.')
/** What became of what an endpoint of prometheus.remote_write was given; histograms count as samples. */
export const remoteSamples = counter('prometheus_remote_storage_samples_total', 'How many samples were sent.', 'remote_name', 'url')
export const remoteSamplesFailed = counter('prometheus_remote_storage_samples_failed_total', 'How many samples were refused for good.', 'remote_name', 'url')
export const remoteSamplesRetried = counter('prometheus_remote_storage_samples_retried_total', 'How many samples were in attempts that will be repeated.', 'remote_name', 'url')
export const remoteSamplesDropped = counter(
  'prometheus_remote_storage_samples_dropped_total', 'How many samples were left out before they were sent, by reason.', 'remote_name', 'url', 'reason',
)
export const remoteBytes = counter('prometheus_remote_storage_bytes_total', 'How many bytes were sent, as compressed.', 'remote_name', 'url')
export const remoteBatchSeconds = histogram(
  'prometheus_remote_storage_sent_batch_duration_seconds', 'How long attempts took.',
  [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120, 300], 'remote_name', 'url',
)
export const remoteSamplesPending = gauge('prometheus_remote_storage_samples_pending', 'How many samples wait in the queue.', 'remote_name', 'url')

// --- loki -------------------------------------------------------------------------------------------------------------------------

export const lokiApiEntries = counter('loki_source_api_entries_written', 'How many entries were received and made safe.')
export const lokiRelabelProcessed = counter('loki_relabel_entries_processed', 'How many entries came in.')
export const lokiRelabelWritten = counter('loki_relabel_entries_written', 'How many entries went on.')
/** What became of what an endpoint of loki.write was given. */
export const lokiSentEntries = counter('loki_write_sent_entries_total', 'How many entries were sent.', 'host', 'tenant')
export const lokiSentBytes = counter('loki_write_sent_bytes_total', 'How many bytes were sent, as compressed.', 'host', 'tenant')
export const lokiDroppedEntries = counter('loki_write_dropped_entries_total', 'How many entries were given up, by reason.', 'host', 'tenant', 'reason')
export const lokiDroppedBytes = counter('loki_write_dropped_bytes_total', 'How many bytes were given up, by reason.', 'host', 'tenant', 'reason')
export const lokiBatchRetries = counter('loki_write_batch_retries_total', 'How many attempts failed that are repeated.', 'host', 'tenant')
export const lokiRequestSeconds = histogram(
  'loki_write_request_duration_seconds', 'How long attempts took.',
  [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], 'status_code', 'host', 'tenant',
)

// --- what Alloy has no name for ---------------------------------------------------------------------------------------------------

/** What passed a component's consumers, whatever it is; the graph counts it. */
export const componentAccepted = counter('sluice_component_accepted_items_total', 'Items (spans, points, records, samples, entries) that a component made safe.')
export const componentRefused = counter('sluice_component_refused_items_total', 'Items that a component refused.')
/** What an exporter had made safe and then had to give up, whatever it is. */
export const droppedItems = counter('sluice_dropped_items_total', 'Items that had been accepted and were given up, by reason.', 'reason')
/** Of those, what was kept as a dead letter; what of that was put back into the queue, and what was forgotten because there was no room or it was too old. */
export const deadLetterItems = counter('sluice_dead_letter_items_total', 'Items that were given up and kept as dead letters.')
export const deadLettersReplayed = counter('sluice_dead_letter_replayed_items_total', 'Items of dead letters that were put back into the queue.')
export const deadLettersForgotten = counter('sluice_dead_letter_forgotten_items_total', 'Items of dead letters that are gone: no room, too old, or purged.', 'reason')
/** What waits in an exporter's queue. */
export const queuedItems = gauge('sluice_queue_items', 'Items that wait in the queue.', 'queue')
export const queuedBytes = gauge('sluice_queue_bytes', 'Bytes that wait in the queue.', 'queue')
export const queueAgeSeconds = gauge('sluice_queue_oldest_seconds', 'How long the oldest batch has been waiting.', 'queue')
