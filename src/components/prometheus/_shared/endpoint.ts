/** One destination of prometheus.remote_write. */

import type { Call } from '../../contract/call.ts'
import type { PrometheusConsumer } from '../../contract/consume.ts'
import { ConsumeError } from '../../contract/errors.ts'
import {
  droppedItems, remoteBatchSeconds, remoteBytes, remoteSamples, remoteSamplesDropped, remoteSamplesFailed, remoteSamplesPending, remoteSamplesRetried,
} from '../../contract/metrics.ts'
import type { PrometheusBatch } from '../../../telemetry/batch.ts'
import { countItems } from '../../../telemetry/count.ts'
import { mergeLabels, type Labels } from '../../../telemetry/labels.ts'
import { partition } from '../../../telemetry/partition.ts'
import { LabelCache, mapLabels, prometheusBatch, splitPrometheus, stripPrometheus } from '../../../telemetry/prometheus.ts'
import { httpUrl, type Path } from '../../../transport/arguments.ts'
import { shown } from '../../../transport/deliver.ts'
import { destination, mostLanes, type Destination } from '../../../transport/destination.ts'
import type { RetryPolicy } from '../../../transport/retry.ts'
import { rulesAt } from '../../../transport/rule-args.ts'
import { v2Message } from './messages.ts'
import { familyMemory, metadataThrottle } from './metadata.ts'
import type { EndpointArgs } from './remote-args.ts'
import { sender } from './sender.ts'
import { showPrometheus } from './show.ts'
import { keepTimes } from './times.ts'

/** How an endpoint is told from others, and how its samples wait. */
export interface EndpointQueue {
  readonly name: string
  readonly mode: 'through' | 'queued'
  /** How long samples may wait; 0 for as long as there is room. */
  readonly maxAgeMs: number
}

/** The endpoint whose arguments stand at `path`: its consumer, and its destination. Throws ArgumentError for what cannot work. */
export function remoteWriteEndpoint(
  args: EndpointArgs, external: Labels, { name, mode, maxAgeMs }: EndpointQueue, path: Path,
): { consumer: PrometheusConsumer; target: Destination<PrometheusBatch> } {
  const { queue_config: queue, metadata_config } = args
  const address = httpUrl(args.url, [...path, 'url'])
  const prepare = preparation(args, external, path)
  const isV2 = args.protobuf_message === v2Message
  const thin = metadataThrottle(isV2 ? 0 : metadata_config.send_interval)
  const memory = isV2 ? familyMemory() : undefined
  const post = sender(args, address, memory?.families, path)
  const retry: RetryPolicy = {
    enabled: true, initialMs: queue.min_backoff, maxMs: queue.max_backoff, multiplier: 2, jitter: 0, maxElapsedMs: maxAgeMs,
  }
  const young = ageLimit(args)

  const labels = { remote_name: name, url: shown(address.url) }
  /** Counts what the configuration wants left out. */
  const leftOut = (samples: number, reason: string, call: Call) => {
    if (samples <= 0) return
    call.count(remoteSamplesDropped, samples, { ...labels, reason })
    call.count(droppedItems, samples, { reason })
  }
  const sent = (request: PrometheusBatch, part: PrometheusBatch, bytes: number, call: Call, missing = 0): 'sent' => {
    const samples = countItems(part)
    call.count(remoteSamples, samples - missing, labels)
    call.count(remoteBytes, bytes, labels)
    leftOut(countItems(request) - samples, 'too_old', call)
    return 'sent'
  }

  const target = destination<PrometheusBatch>({
    name,
    shown: shown(address.url),
    mode,
    retry,
    lanes: Math.max(1, Math.min(queue.max_shards, mostLanes)),
    items: countItems,
    requests: batch => splitPrometheus(batch, { maxSamples: queue.max_samples_per_send }),
    partition,
    halve: request => splitPrometheus(request, { maxSamples: Math.ceil(countItems(request) / 2) }),
    note: () => ({}),
    restore(bytes) {
      const batch = prometheusBatch(bytes)
      memory?.learn(batch)
      return batch
    },
    show: showPrometheus,
    async send(request, _note, call, attempt) {
      const part = young(request, call)
      const items = countItems(part)
      if (part.bytes.length === 0 || (isV2 && items === 0)) return sent(request, part, 0, call)
      try {
        const answer = await post(part, call, attempt)
        if (answer === 'too large') return answer
        if (answer.missing > 0) {
          call.count(remoteSamplesFailed, answer.missing, labels)
          call.log('error', 'the destination answered success, yet says that it has not written everything', { url: labels.url, samples: answer.missing })
        }
        return sent(request, part, answer.bytes, call, answer.missing)
      } catch (error) {
        if (error instanceof ConsumeError && error.kind === 'permanent') {
          call.log('error', 'the destination refuses samples', { url: labels.url, samples: error.rejected ?? items, err: error.message })
          if (error.rejected !== undefined) call.count(remoteSamples, items - error.rejected, labels)
        }
        throw error
      }
    },
    observe({ kind, items, seconds = 0, reason }, call) {
      if (kind === 'sent') call.observe(remoteBatchSeconds, seconds, labels)
      if (kind === 'failed') call.count(remoteSamplesRetried, items, labels)
      if (kind === 'refused' || kind === 'dropped') {
        if (reason === 'too old') call.count(remoteSamplesDropped, items, { ...labels, reason: 'too_old' })
        else call.count(remoteSamplesFailed, items, labels)
      }
    },
    readings: depth => [{ metric: remoteSamplesPending, value: depth.items, labels }],
  })
  const consumer: PrometheusConsumer = {
    async consume(batch, call) {
      const prepared = prepare(batch)
      const { batch: ready, arrived } = thin(prepared, call.now())
      memory?.learn(ready)
      if (ready.bytes.length > 0) await target.consume([ready], call)
      arrived()
      if (prepared !== batch) leftOut(countItems(batch) - countItems(prepared), 'dropped_series', call)
    },
  }
  return { consumer, target }
}

/** What the labels and samples of a batch go through before they are sent, in Prometheus' order. */
function preparation(args: EndpointArgs, external: Labels, path: Path): (batch: PrometheusBatch) => PrometheusBatch {
  const { send_exemplars, send_native_histograms, metadata_config } = args
  const rules = rulesAt(args.write_relabel_config, [...path, 'write_relabel_config'])
  const untouched = rules.rules.length === 0 && external.length === 0
  const cache = new LabelCache()
  const strip = { exemplars: !send_exemplars, histograms: !send_native_histograms, metadata: !metadata_config.send }
  return (batch) => {
    // What a series says itself wins over the external labels, and rules see both.
    const labelled = untouched ? batch : mapLabels(batch, labels => rules.relabel(mergeLabels(external, labels)), cache)
    return stripPrometheus(labelled, strip)
  }
}

/** Takes out samples that are too old at the time when they are sent. */
function ageLimit({ name, queue_config: { sample_age_limit } }: EndpointArgs): (batch: PrometheusBatch, call: Call) => PrometheusBatch {
  if (sample_age_limit === 0) return batch => batch
  return (batch, call) => {
    const oldest = call.now() - sample_age_limit
    const { batch: young, dropped } = keepTimes(batch, timestamp => timestamp >= oldest)
    if (dropped > 0) call.log('warn', 'samples are older than sample_age_limit and are not sent', { samples: dropped, endpoint: name })
    return young
  }
}
