/** The arguments of prometheus.remote_write. */

import { block, blocks, boolean, duration, integer, map, string, type Decoded, type Fields } from '../../contract/schema.ts'
import { promHttpClient } from '../../../transport/client-args.ts'
import { relabelRules } from '../../../transport/rule-args.ts'
import { sigV4 } from '../../../transport/sigv4.ts'
import { azureAd } from './azuread.ts'
import { googleIam } from './google-iam.ts'
import { v1Message, v2Message } from './messages.ts'

const noQueue = 'What waits is kept in a durable queue, not in memory; it is sent in as many lanes as it fills.'

const queue = {
  /** How many samples a shard would hold. */
  capacity: integer({ default: 10_000, inert: noQueue }),
  /** The most requests under way at once while the queue is drained; there are never more than six. */
  max_shards: integer({ default: 50, min: 0 }),
  /** The fewest shards. */
  min_shards: integer({ default: 1, inert: noQueue }),
  /** The most samples of one request to the destination; more are sent in several, one after the other. */
  max_samples_per_send: integer({ min: 1, default: 2000 }),
  /** How long a sample would wait for others to be sent with. */
  batch_send_deadline: duration({ default: '5s', inert: noQueue }),
  /** The wait before the first retry; each further one is twice as long. */
  min_backoff: duration({ default: '30ms' }),
  /** The longest wait between retries. */
  max_backoff: duration({ default: '5s' }),
  /** Whether a request that the destination answers with 429 is tried again. */
  retry_on_http_429: boolean({ default: true }),
  /** Samples older than this are not sent; 0 sends all. */
  sample_age_limit: duration({ default: '0s' }),
} satisfies Fields

const metadata = {
  /** Whether metadata is sent at all. */
  send: boolean({ default: true }),
  /** Metadata that an isolate has sent is left out, unless it has changed, until so much time has passed; 0 always sends it. In 2.0 it comes with every series. */
  send_interval: duration({ default: '1m' }),
  /** The most metadata of one request. */
  max_samples_per_send: integer({ default: 2000, inert: 'Metadata goes out with the samples that it came with.' }),
} satisfies Fields

export const endpointArgs = {
  /** Where samples are sent. */
  url: string({ required: true, means: 'destination' }),
  /** A name for the endpoint. */
  name: string({ default: '' }),
  /** How long a request may take. */
  remote_timeout: duration({ default: '30s', means: 'answer-time' }),
  /** Further headers of every request. */
  headers: map(string({ required: true }), { default: {} }),
  /** Whether exemplars are sent. */
  send_exemplars: boolean({ default: true }),
  /** Whether native histograms are sent. */
  send_native_histograms: boolean({ default: false }),
  /** The message to send: remote-write 1.0 or, experimental, 2.0. */
  protobuf_message: string({ oneOf: [v1Message, v2Message], default: v1Message, gate: 'experimental', gateWhen: value => value === v2Message }),
  /** Whether each request resolves the destination's name anew. */
  round_robin_dns: boolean({ default: false, inert: 'Names are resolved by the platform\'s fetch.' }),
  ...promHttpClient({ http2: false }),
  /** How samples are sent. */
  queue_config: block(queue, { defaults: true }),
  /** How metadata is sent. */
  metadata_config: block(metadata, { defaults: true }),
  /** Rules that labels go through before they are sent. */
  write_relabel_config: blocks(relabelRules()),
  /** Requests signed for AWS. */
  sigv4: sigV4(),
  /** Tokens of Azure AD. */
  azuread: azureAd(),
  /** Tokens of Google Cloud. */
  google_iam: googleIam(),
} satisfies Fields
export type EndpointArgs = Decoded<typeof endpointArgs>

const cut = 'What has been delivered leaves the queue at once; there is no log to cut.'

export const walArgs = {
  /** How often the log would be cut. */
  truncate_frequency: duration({ default: '2h', inert: cut }),
  /** How long samples would be kept at least. */
  min_keepalive_time: duration({ default: '5m', inert: cut }),
  /** How long samples may wait for their endpoint; older ones are dropped, and counted. */
  max_keepalive_time: duration({ default: '8h' }),
} satisfies Fields
