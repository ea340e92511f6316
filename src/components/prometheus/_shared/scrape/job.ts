/** From arguments to a job: what Alloy refuses is refused here, in its words. */

import { ArgumentError } from '../../../contract/errors.ts'
import type { Decoded } from '../../../contract/schema.ts'
import { formatDuration } from '../../../../lib/duration.ts'
import { quoteGo } from '../../../../lib/go-quote.ts'
import { httpClient } from '../../../../transport/client.ts'
import type { scrapeArgs } from './args.ts'
import { schemaOf } from './histograms.ts'
import { Memory } from './memory.ts'
import {
  acceptHeader, defaultProtocols, escapingSchemes, nativeProtocols, scrapeProtocols, type EscapingScheme, type ScrapeProtocol,
} from './protocols.ts'
import type { ScrapeJob } from './scrape-target.ts'
import { populateTarget, type LabelMap, type Target, type TargetDefaults } from './target.ts'

type Args = Decoded<typeof scrapeArgs>

/** What an isolate remembers of one component's targets, at most. */
const memoryBytes = 32 * 1024 * 1024

/** Checks the arguments that stand at the top of a component; throws ArgumentError. */
export function scrapeJob(args: Args): ScrapeJob {
  const { scrape_interval, scrape_timeout, metric_name_validation_scheme: names } = args
  if (scrape_timeout > scrape_interval) {
    const times = `(${formatDuration(scrape_timeout)}) greater than scrape_interval (${formatDuration(scrape_interval)})`
    throw new ArgumentError(['scrape_timeout'], `scrape_timeout ${times} for scrape config with job name ${quoteGo(args.job_name)}`)
  }
  const protocols = protocolsOf(args)
  if (args.scrape_fallback_protocol !== '') checkProtocol(args.scrape_fallback_protocol, ['scrape_fallback_protocol'], 'scrape_fallback_protocol')
  if (names !== 'legacy' && names !== 'utf8') {
    throw new ArgumentError(['metric_name_validation_scheme'], `invalid metric_name_validation_scheme ${quoteGo(names)}: must be either "utf8" or "legacy"`)
  }
  const accept = acceptHeader(protocols, escapingOf(args.metric_name_escaping_scheme, names))
  return {
    request: {
      accept, compression: args.enable_compression, client: httpClient(args, []), bodyLimit: args.body_size_limit, room: { bytes: 0 },
    },
    fallback: args.scrape_fallback_protocol === '' ? undefined : args.scrape_fallback_protocol as ScrapeProtocol,
    rules: {
      honorLabels: args.honor_labels, honorTimestamps: args.honor_timestamps, trackTimestamps: args.track_timestamps_staleness, names,
      sampleLimit: args.sample_limit,
      labelLimits: { labels: args.label_limit, nameLength: args.label_name_length_limit, valueLength: args.label_value_length_limit },
      bucketLimit: args.native_histogram_bucket_limit, maxSchema: schemaOf(args.native_histogram_min_bucket_factor),
      startTimes: args.start_timestamp_zero_ingestion, typeLabels: args.enable_type_and_unit_labels,
    },
    extra: args.extra_metrics, targetLimit: args.target_limit, forwardTo: args.forward_to, memory: new Memory(memoryBytes),
  }
}

function protocolsOf({ scrape_protocols: written, enable_protobuf_negotiation, scrape_native_histograms }: Args): readonly ScrapeProtocol[] {
  const isDefault = written.length === defaultProtocols.length && written.every((protocol, i) => protocol === defaultProtocols[i])
  if (enable_protobuf_negotiation && !isDefault) {
    const message = 'both enable_protobuf_negotiation and scrape_protocols are set, only one can be set at a time'
    throw new ArgumentError(['enable_protobuf_negotiation'], message, { hint: 'enable_protobuf_negotiation is deprecated: leave it out' })
  }
  const native = enable_protobuf_negotiation || scrape_native_histograms
  const protocols: readonly string[] = native && isDefault ? nativeProtocols : written
  if (native && !protocols.includes('PrometheusProto')) {
    throw new ArgumentError(['scrape_native_histograms'], 'scrape_native_histograms is set to true, but PrometheusProto is not in scrape_protocols')
  }
  protocols.forEach((protocol, i) => {
    if (protocols.indexOf(protocol) < i) {
      const message = `duplicate scrape protocol ${quoteGo(protocol)}: make sure the scrape protocols provided are unique`
      throw new ArgumentError(['scrape_protocols', i], message)
    }
    checkProtocol(protocol, ['scrape_protocols', i], 'scrape protocol')
  })
  return protocols as readonly ScrapeProtocol[]
}

function checkProtocol(protocol: string, path: readonly (string | number)[], what: string): void {
  if ((scrapeProtocols as readonly string[]).includes(protocol)) return
  throw new ArgumentError(path, `invalid ${what} ${quoteGo(protocol)}: unknown scrape protocol ${protocol}, supported: [${scrapeProtocols.join(' ')}]`)
}

function escapingOf(written: string, names: 'legacy' | 'utf8'): EscapingScheme {
  const path = ['metric_name_escaping_scheme']
  if (written === '') return names === 'legacy' ? 'underscores' : 'allow-utf-8'
  const scheme = escapingSchemes.find(each => each === written)
  if (scheme === undefined) throw new ArgumentError(path, `invalid metric_name_escaping_scheme: ${quoteGo(written)}, supported values: [${escapingSchemes.join(' ')}]`)
  if (scheme === 'allow-utf-8' && names !== 'utf8') {
    const message = 'metric_name_escaping_scheme cannot be set to \'allow-utf-8\' while metric_name_validation_scheme is not set to \'utf8\''
    throw new ArgumentError(path, message)
  }
  return scheme
}

/** What the arguments say about targets that say nothing themselves. */
const defaultsOf = (args: Args, id: string): TargetDefaults => ({
  job: args.job_name === '' ? id : args.job_name,
  scheme: args.scheme,
  metricsPath: args.metrics_path,
  intervalMs: args.scrape_interval,
  timeoutMs: args.scrape_timeout,
  params: args.params,
  nhcb: args.convert_classic_histograms_to_nhcb,
  classicHistograms: args.scrape_classic_histograms,
  nativeHistograms: args.scrape_native_histograms || args.enable_protobuf_negotiation,
})

/** The targets of a job, each once, the labels that each was given by (in the same order), and those that cannot be any, with the reason. */
export function targetsOf(args: Args, id: string): { targets: readonly Target[]; given: readonly LabelMap[]; failures: readonly { labels: LabelMap; problem: string }[] } {
  const defaults = defaultsOf(args, id)
  const targets = new Map<string, Target>()
  const given: LabelMap[] = []
  const failures: { labels: LabelMap; problem: string }[] = []
  for (const labels of args.targets) {
    const target = populateTarget(labels, defaults)
    if ('problem' in target) failures.push({ labels, problem: target.problem })
    else if (!targets.has(target.key)) {
      targets.set(target.key, target)
      given.push(labels)
    }
  }
  return { targets: [...targets.values()], given, failures }
}
