/** The arguments of prometheus.scrape. */

import { block, boolean, byteSize, duration, integer, list, map, number, receivers, string, type Fields } from '../../../contract/schema.ts'
import { promHttpClient } from '../../../../transport/client-args.ts'
import { defaultProtocols } from './protocols.ts'

const whenSet = (value: unknown) => value === true

const limits = {
  /** The largest page to read, without compression; 0 is no limit but the one of 32 MiB that always holds. */
  body_size_limit: byteSize({ default: '0', min: 0 }),
  /** The most samples of a page; one with more fails. 0 is no limit. */
  sample_limit: integer({ default: 0, min: 0 }),
  /** The most targets; with more, all scrapes fail. 0 is no limit. */
  target_limit: integer({ default: 0, min: 0 }),
  /** The most labels of a sample, its target's among them; a page with more in one fails. 0 is no limit. */
  label_limit: integer({ default: 0, min: 0 }),
  /** The longest name of a label, in bytes, likewise. */
  label_name_length_limit: integer({ default: 0, min: 0 }),
  /** The longest value of a label, in bytes, likewise. */
  label_value_length_limit: integer({ default: 0, min: 0 }),
} satisfies Fields

const histograms = {
  /** Whether native histograms are read, which only the protobuf format has. */
  scrape_native_histograms: boolean({ default: false }),
  /** Whether classic histograms are kept where there is a native one too. */
  scrape_classic_histograms: boolean({ default: false }),
  /** Whether classic histograms become native ones with custom buckets. */
  convert_classic_histograms_to_nhcb: boolean({ default: false }),
  /** The most buckets of a native histogram; neighbours are merged until it has no more. 0 is no limit. */
  native_histogram_bucket_limit: integer({ default: 0, min: 0 }),
  /** How much larger each bucket has to be than the one before; neighbours are merged until it is. 0 leaves them. */
  native_histogram_min_bucket_factor: number({ default: 0 }),
} satisfies Fields

/** All of them. */
export const scrapeArgs = {
  /** What to scrape: labels of targets, of which `__address__` is one. */
  targets: list(map(string({ required: true }), { required: true }), { required: true }),
  /** Where the samples go. */
  forward_to: receivers('storage.Appendable'),
  /** The `job` label of targets that have none; the component's id unless it is written. */
  job_name: string({ default: '' }),
  /** Whether a sample's labels count where its target has the same; else they are kept as `exported_...`. */
  honor_labels: boolean({ default: false }),
  /** Whether times on a page are kept. */
  honor_timestamps: boolean({ default: true }),
  /** Whether series with times of their own are told to end too. */
  track_timestamps_staleness: boolean({ default: false }),
  /** Parameters of the address. */
  params: map(list(string({ required: true }), { required: true }), { default: {} }),
  /** How often targets are scraped. */
  scrape_interval: duration({ default: '1m', min: 1 }),
  /** How long a scrape may take. */
  scrape_timeout: duration({ default: '10s', min: 1 }),
  /** The formats to ask for, the best first. */
  scrape_protocols: list(string({ required: true }), { default: [...defaultProtocols] }),
  /** The format that pages are read in which do not say theirs; empty refuses them. */
  scrape_fallback_protocol: string({ default: 'PrometheusText0.0.4' }),
  /** Whether protobuf is asked for first. Deprecated: write `scrape_protocols`. */
  enable_protobuf_negotiation: boolean({ default: false }),
  /** Whether pages may come compressed. */
  enable_compression: boolean({ default: true }),
  /** The path of pages. */
  metrics_path: string({ default: '/metrics' }),
  /** The scheme of addresses: http or https. */
  scheme: string({ default: 'http' }),
  ...limits,
  ...histograms,
  /** Which names are valid: `legacy` or `utf8`. */
  metric_name_validation_scheme: string({ default: 'legacy' }),
  /** How targets are asked to write other names; `underscores`, or `allow-utf-8` where those are valid. */
  metric_name_escaping_scheme: string({ default: '' }),
  /** Whether series about limits, sizes and timeouts are added to `up` and the others. */
  extra_metrics: boolean({ default: false }),
  /** A file that failures would be logged to. */
  scrape_failure_log_file: string({
    default: '', inert: 'There is no file to write to: why a scrape failed is in the log (level debug) and in the status of the target.',
    inertWhen: value => value !== '',
  }),
  /** Whether types, help texts and units travel with the samples. */
  honor_metadata: boolean({ default: false, gate: 'experimental', gateWhen: whenSet, inert: 'Types, help texts and units always travel with the samples.', inertWhen: whenSet }),
  /** Whether a sample's type and unit become labels. */
  enable_type_and_unit_labels: boolean({ default: false, gate: 'experimental', gateWhen: whenSet }),
  /** Whether a series that says when it began begins with a sample of zero. */
  start_timestamp_zero_ingestion: boolean({ default: false, gate: 'experimental', gateWhen: whenSet }),
  /** How targets are shared among Alloy's instances. */
  clustering: block({
    /** Whether they are. */
    enabled: boolean({ required: true }),
  }, { inert: 'Targets are always shared among as many shards as they need, each of them scraped by one.' }),
  ...promHttpClient(),
} satisfies Fields
