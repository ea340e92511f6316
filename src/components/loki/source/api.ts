import type { Call } from '../../contract/call.ts'
import { fanOut, withOutcome, type LokiConsumer } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { lokiApiEntries } from '../../contract/metrics.ts'
import { args, boolean, byteSize, capsule, labels, receivers } from '../../contract/schema.ts'
import { text } from '../../../lib/bytes.ts'
import { countItems } from '../../../telemetry/count.ts'
import type { LokiBatch } from '../../../telemetry/batch.ts'
import { LabelsError, isLegacyLabelName, labelsOf, mergeLabels, renderLabels, type Labels } from '../../../telemetry/labels.ts'
import { StreamCache, lokiBatch, mapStreamLabels, tenantLabel, withoutInternal, writeLoki } from '../../../telemetry/loki.ts'
import { compileRules, type RelabelRule } from '../../../telemetry/relabel.ts'
import { HttpError, guarded, mediaType, readBody } from '../../../transport/receive.ts'
import { dskitServer, listening } from '../../../transport/server-args.ts'
import { TooLargeError } from '../../../wire/compression.ts'
import { WireError } from '../../../wire/error.ts'
import { defaultLimits } from '../../../wire/limits.ts'
import { lokiJsonToProto, validateLokiPush } from '../../../wire/loki-push.ts'
import { decodeSnappyBlock } from '../../../wire/snappy.ts'
import { stamped } from '../_shared/stamp.ts'

const encodings = ['snappy', 'gzip', 'deflate']
const defaultSize = 100 * 1024 * 1024
/** How many tenants are remembered with what became of their labels. */
const rememberedTenants = 64

/** Receives log entries by Loki's push protocol, and as plain lines. */
export default defineComponent({
  name: 'loki.source.api',
  stability: 'generally-available',
  args: args({
    ...dskitServer(),
    /** Where the entries go. */
    forward_to: receivers('loki.LogsReceiver'),
    /** Labels that every entry gets; they win over those of its sender. */
    labels: labels(),
    /** Rules that labels go through. */
    relabel_rules: capsule('relabel.Rules'),
    /** Whether entries keep the time that their sender gave them. */
    use_incoming_timestamp: boolean({ default: false }),
    /** The most bytes of a request, as sent and again decompressed. */
    max_send_message_size: byteSize({ default: '100MiB', means: 'request-size' }),
  }),
  build(args) {
    const limit = args.max_send_message_size > 0 ? args.max_send_message_size : defaultSize
    const { forward_to, use_incoming_timestamp } = args
    const fixed = labelsOf(Object.entries(args.labels))
    const edit = labelEditor(fixed, (args.relabel_rules?.rules ?? []) as readonly RelabelRule[])
    const push = guarded(async (request, call) => {
      const sent = lokiBatch(await readPush(request, limit))
      const refused: LabelsError[] = []
      const labelled = edit(sent, tenantOf(request, call), error => refused.push(error))
      await forward(forward_to, use_incoming_timestamp ? labelled : stamped(labelled, call.now()), call)
      if (refused.length === 0) return new Response(null, { status: 204 })
      call.log('warn', 'streams with unreadable labels were refused', { streams: refused.length, err: refused[0]!.message })
      return plain(400, refused.at(-1)!.message, {})
    }, plain)
    const raw = guarded(async (request, call) => {
      const body = await readBody(request, { limit, encodings, unknownEncoding: 400 })
      await forward(forward_to, linesOf(text(body), fixed, call.now()), call)
      return new Response(null, { status: 204 })
    }, plain)
    return {
      ...listening(args),
      routes: {
        'POST /loki/api/v1/push': push,
        'POST /api/v1/push': push,
        'POST /loki/api/v1/raw': raw,
        'POST /api/v1/raw': raw,
        'GET /ready': async () => plain(200, 'ready', {}),
      },
    }
  },
})

const plain = (status: number, message: string, headers: Record<string, string>) =>
  new Response(status === 200 ? message : `${message}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })

async function forward(consumers: readonly LokiConsumer[], batch: LokiBatch, call: Call): Promise<void> {
  if (batch.bytes.length > 0) await withOutcome(countItems(batch), fanOut(consumers, batch, call), accepted => { call.count(lokiApiEntries, accepted) })
}

/** A PushRequest in protobuf, of a body in JSON or in protobuf; throws HttpError for what is neither. */
async function readPush(request: Request, limit: number): Promise<Uint8Array> {
  const type = mediaType(request)
  if (!/^[^\s/]+\/[^\s/]+$/.test(type)) throw new HttpError(400, 'the Content-Type is missing or none; send application/json or application/x-protobuf')
  const body = await readBody(request, { limit, encodings, unknownEncoding: 400 })
  const snappy = request.headers.get('content-encoding')?.trim().toLowerCase() === 'snappy'
  try {
    if (type === 'application/json') return lokiJsonToProto(body)
    // In protobuf a body is always a snappy block, and may be encoded once more.
    const bytes = snappy ? body : decodeSnappyBlock(body, limit)
    validateLokiPush(bytes, { ...defaultLimits, bytes: limit })
    return bytes
  } catch (error) {
    if (error instanceof TooLargeError) throw new HttpError(413, `the body is larger than the limit of ${limit} bytes once decompressed (snappy)`, { cause: error })
    if (error instanceof WireError) throw new HttpError(400, error.message, { cause: error })
    throw error
  }
}

type Editor = (batch: LokiBatch, tenant: string, refuse: (error: LabelsError) => void) => LokiBatch

/** Fixed labels over those of the stream, then rules, then internal labels off, then the tenant on. */
function labelEditor(fixed: Labels, rules: readonly RelabelRule[]): Editor {
  const relabeler = compileRules(rules)
  const caches = new Map<string, StreamCache>()
  return (batch, tenant, refuse) => {
    if (caches.size >= rememberedTenants && !caches.has(tenant)) caches.clear()
    const cache = caches.get(tenant) ?? new StreamCache()
    caches.set(tenant, cache)
    const owner: Labels = tenant === '' ? [] : [[tenantLabel, tenant]]
    return mapStreamLabels(batch, labels => {
      checkNames(labels)
      const relabelled = relabeler.relabel(mergeLabels(labels, fixed))
      return relabelled === undefined || relabelled.length === 0 ? undefined : mergeLabels(withoutInternal(relabelled), owner)
    }, { cache, refuse })
  }
}

/** Loki takes a push with a label name that it does not know how to write as a whole or not at all, so it may not go further. */
function checkNames(labels: Labels): void {
  const wrong = labels.find(([name]) => !isLegacyLabelName(name))?.[0]
  if (wrong !== undefined) throw new LabelsError(renderLabels(labels), 0, `${JSON.stringify(wrong)} is not a label name`)
}

/** The tenant that a sender names; one that is no tenant's name, or several, counts as none, as in Alloy. */
function tenantOf(request: Request, call: Call): string {
  const tenants = [...new Set((request.headers.get('x-scope-orgid') ?? '').split('|').map(tenant => tenant.trim()))]
  const [tenant = ''] = tenants
  if (tenant === '' && tenants.length === 1) return ''
  if (tenants.length === 1 && /^[a-zA-Z0-9!\-_.*'()]{1,150}$/.test(tenant) && !/^\.{1,2}$/.test(tenant)) return tenant
  call.log('warn', 'the X-Scope-OrgID of a request is not the name of one tenant', {})
  return ''
}

/** An entry for each line that is not empty. */
function linesOf(body: string, labels: Labels, nowMs: number): LokiBatch {
  const start = BigInt(nowMs) * 1_000_000n
  const lines = body.split('\n').map(line => line.replace(/[\r\n]+$/, '')).filter(line => line !== '')
  return writeLoki([{ labels, entries: lines.map((line, i) => ({ line, timestamp: start + BigInt(i) })) }])
}
