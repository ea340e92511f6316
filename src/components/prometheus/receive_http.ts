import type { Call } from '../contract/call.ts'
import { fanOut, withOutcome, type PrometheusConsumer } from '../contract/consume.ts'
import { defineComponent } from '../contract/define.ts'
import { ArgumentError, ConsumeError } from '../contract/errors.ts'
import { forwardedSamples } from '../contract/metrics.ts'
import { args, boolean, list, receivers, string } from '../contract/schema.ts'
import type { PrometheusBatch } from '../../telemetry/batch.ts'
import { countItems } from '../../telemetry/count.ts'
import { LabelCache, prometheusBatch, seriesOf, stripPrometheus, type SeriesCursor } from '../../telemetry/prometheus.ts'
import { checkLabels, dropInvalidSeries, type ValidSeries } from '../../telemetry/prometheus-validate.ts'
import { HttpError, guarded, readBody } from '../../transport/receive.ts'
import { dskitServer, listening } from '../../transport/server-args.ts'
import { TooLargeError } from '../../wire/compression.ts'
import { WireError } from '../../wire/error.ts'
import { decodeRemoteWrite2, type Decoded2 } from '../../wire/remote-write-2.ts'
import { histogramProblem } from '../../wire/remote-write-histogram.ts'
import { validateWriteRequest, validateWriteRequest2 } from '../../wire/remote-write.ts'
import { decodeSnappyBlock } from '../../wire/snappy.ts'
import { messageOf, v1Message, v2Message, type Message } from './_shared/messages.ts'
import { keepItems } from './_shared/times.ts'

/** The most bytes of a request, compressed and again decompressed: Prometheus' own limit for what it decodes. */
const limit = 32 * 1024 * 1024
/** Samples that lie further in the future are refused, as Prometheus refuses them. */
const aheadMs = 10 * 60_000

/** Receives metrics by the remote-write protocol. */
export default defineComponent({
  name: 'prometheus.receive_http',
  stability: 'generally-available',
  args: args({
    ...dskitServer(),
    /** Where the metrics go. */
    forward_to: receivers('storage.Appendable'),
    /** Whether metadata goes along with the metrics. */
    append_metadata: boolean({ default: false, gate: 'experimental', gateWhen: value => value === true }),
    /** Whether the type and the unit of a metric become labels of it, `__type__` and `__unit__`; only 2.0 says them for each series. */
    enable_type_and_unit_labels: boolean({ default: false, gate: 'experimental', gateWhen: value => value === true }),
    /** The messages to accept: remote-write 1.0 and, experimental, 2.0. */
    accepted_remote_write_protobuf_messages: list(string({ required: true }), {
      default: [v1Message], gate: 'experimental', gateWhen: value => (value as string[]).includes(v2Message),
    }),
  }),
  build(args) {
    const { forward_to, append_metadata, enable_type_and_unit_labels, accepted_remote_write_protobuf_messages: accepted } = args
    checkMessages(accepted)
    const receive = receiver({ forwardTo: forward_to, accepted, metadata: append_metadata, typeAndUnitLabels: enable_type_and_unit_labels })
    return { ...listening(args), routes: { 'POST /api/v1/metrics/write': guarded(receive, plain) } }
  },
})

interface Options {
  readonly forwardTo: readonly PrometheusConsumer[]
  readonly accepted: readonly string[]
  readonly metadata: boolean
  readonly typeAndUnitLabels: boolean
}

function checkMessages(accepted: readonly string[]): void {
  const path = ['accepted_remote_write_protobuf_messages']
  const hint = `valid values are "${v1Message}" and "${v2Message}"`
  if (accepted.length === 0) throw new ArgumentError(path, 'at least one message has to be accepted', { hint })
  const unknown = accepted.findIndex(message => message !== v1Message && message !== v2Message)
  if (unknown >= 0) throw new ArgumentError([...path, unknown], `unsupported message ${JSON.stringify(accepted[unknown])}`, { hint })
}

const plain = (status: number, message: string, headers: Record<string, string>) =>
  new Response(`${message}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })

/**
 * In 1.0 a sender is not told of series with invalid labels, in 2.0 it is. Samples too far in the future and impossible histograms are
 * refused in both, with 400, so that nobody sends them again. One bad item never costs its neighbours: Prometheus rolls a whole request
 * of 1.0 back, whose sender then drops all of it.
 */
function receiver({ forwardTo, accepted, metadata, typeAndUnitLabels }: Options) {
  const validate = validator()
  return async (request: Request, call: Call): Promise<Response> => {
    const message = messageOf(request, accepted)
    const isV2 = message === v2Message
    const decoded = decoders[message](await readRequest(request), typeAndUnitLabels)
    const { batch: valid, droppedSamples, droppedSeries, reason } = validate(metadata ? decoded.batch : stripPrometheus(decoded.batch, { metadata: true }))
    const { batch, problems } = acceptable(valid, call.now() + aheadMs)
    const headers = (rejected = 0) => (isV2 ? written(batch, rejected) : {})
    try {
      if (batch.bytes.length > 0) await withOutcome(countItems(batch), fanOut(forwardTo, batch, call), accepted => { call.count(forwardedSamples, accepted) })
    } catch (error) {
      // Of what was refused downstream, a part may be safe; of what will be sent again, nothing counts as written.
      if (!(error instanceof ConsumeError) || error.kind === 'retryable') throw error
      throw new HttpError(error.status, error.message, { headers: headers(error.rejected ?? Infinity), cause: error })
    }

    const series = droppedSeries + decoded.droppedSeries
    if (series > 0) {
      const samples = droppedSamples + decoded.droppedSamples
      call.log('warn', 'series with invalid labels were dropped', { series, samples, reason: reason ?? decoded.problems[0] })
    }
    const told = [...problems, ...(isV2 ? [...reason === undefined ? [] : [`${reason}; ${droppedSeries} series were refused`], ...decoded.problems] : [])]
    if (told.length > 0) return plain(400, `${told.slice(0, mostTold).join('\n')}\nthe others were taken`, headers())
    return new Response(null, { status: 204, headers: headers() })
  }
}

/** The most problems that an answer names. */
const mostTold = 20

/** The batch without what lies in the future and without impossible histograms, and a sentence for each kind of these. */
function acceptable(batch: PrometheusBatch, latest: number): { batch: PrometheusBatch; problems: string[] } {
  let ahead = 0
  let impossible = 0
  let why: string | undefined
  const kept = keepItems(batch, ({ kind, timestamp, bytes, from, to }) => {
    if (timestamp > latest) {
      if (kind !== 'exemplar') ahead++
      return false
    }
    const problem = kind === 'histogram' ? histogramProblem(bytes, from, to) : undefined
    if (problem === undefined) return true
    why ??= problem
    impossible++
    return false
  })
  const problems = [
    ...ahead > 0 ? [`out of bounds: ${ahead} samples lie more than 10m in the future`] : [],
    ...why === undefined ? [] : [`${impossible} histograms are impossible: ${why}`],
  ]
  return { batch: kept.batch, problems }
}

/** Drops invalid series; which labels are valid is remembered, because the same series come again and again, nearly all of them valid. */
function validator(): (batch: PrometheusBatch) => ValidSeries {
  const known = new LabelCache(50_000, 8 * 1024 * 1024)
  const isFine = ({ bytes, labelsFrom, labelsTo }: SeriesCursor) => {
    const { problem, named, sorted } = checkLabels(bytes, labelsFrom, labelsTo)
    return problem === undefined && named && sorted
  }
  return (batch) => {
    for (const series of seriesOf(batch)) {
      const verdict = known.lookUp(series.bytes, series.labelsFrom, series.labelsTo, () => (isFine(series) ? undefined : null))
      if (verdict === null) return dropInvalidSeries(batch)
    }
    return { batch, droppedSeries: 0, droppedSamples: 0, reason: undefined }
  }
}

/** The bytes of a request without snappy, which is meant where no Content-Encoding is given too. */
async function readRequest(request: Request): Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding') ?? ''
  if (encoding !== '' && encoding.toLowerCase() !== 'snappy') {
    throw new HttpError(415, `${encoding} encoding (compression) is not accepted by this server; only snappy is acceptable`)
  }
  const body = await readBody(request, { limit, encodings: ['snappy'] })
  return encoding === '' ? asHttpError(() => decodeSnappyBlock(body, limit)) : body
}

/** A request as a batch, and what of it could not become a part of one. */
type Received = { readonly batch: PrometheusBatch } & Omit<Decoded2, 'bytes'>

const decoders: Record<Message, (bytes: Uint8Array, typeAndUnitLabels: boolean) => Received> = {
  [v1Message]: bytes => asHttpError(() => {
    validateWriteRequest(bytes)
    return { batch: prometheusBatch(bytes), problems: [], droppedSeries: 0, droppedSamples: 0 }
  }),
  [v2Message]: (bytes, typeAndUnitLabels) => asHttpError(() => {
    validateWriteRequest2(bytes)
    const { bytes: decoded, ...rest } = decodeRemoteWrite2(bytes, { typeAndUnitLabels })
    return { batch: prometheusBatch(decoded), ...rest }
  }),
}

/** What `decode` answers; damage becomes 400, too much 413. */
function asHttpError<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof TooLargeError) throw new HttpError(413, `the body is larger than the limit of ${limit} bytes once decompressed (snappy)`, { cause: error })
    if (error instanceof WireError) throw new HttpError(400, error.message, { cause: error })
    throw error
  }
}

/** What the sender of a 2.0 request is told of what was taken: at least so much, where some was refused later and nobody knows which. */
function written(batch: PrometheusBatch, rejected: number): Record<string, string> {
  const totals = { samples: 0, histograms: 0, exemplars: 0 }
  for (const series of seriesOf(batch)) {
    totals.samples += series.samples
    totals.histograms += series.histograms
    totals.exemplars += series.exemplars
  }
  return Object.fromEntries(Object.entries(totals).map(([kind, count]) => [`x-prometheus-remote-write-${kind}-written`, String(Math.max(0, count - rejected))]))
}
