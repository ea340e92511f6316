/**
 * One scrape of one target. In this order, so that whatever breaks off in between does the least harm:
 *
 *     state ── who was before us? ──► page ──► batch ──► forwarded ──► state
 *
 * Broken off before the batch is safe, the scrape is done again; after it, its samples may come twice. Series that ended are told
 * of until their end is safe.
 */

import type { Call } from '../../../contract/call.ts'
import { fanOut, type PrometheusConsumer } from '../../../contract/consume.ts'
import { cell, window, type Window, type WindowEntry } from '../../../../state/kinds.ts'
import { encodeLabels, prometheusBatch } from '../../../../telemetry/prometheus.ts'
import { WireError } from '../../../../wire/error.ts'
import { Writer } from '../../../../wire/writer.ts'
import { writeMetadata, type MetricMetadata } from '../../../../wire/remote-write.ts'
import { fetchPage, ScrapeError, type PageRequest } from './fetch-page.ts'
import type { Memory, Remembered } from './memory.ts'
import { readPage } from './page.ts'
import { pageFormat, type ScrapeProtocol } from './protocols.ts'
import { writeReport } from './report.ts'
import type { SampleRules } from './rules.ts'
import { PageError, SampleSink, type Counts } from './sink.ts'
import { decodeState, encodeState, packSeries, unpackSeries, type TargetState } from './state.ts'
import type { Target } from './target.ts'

/** The state that a component of scrapes declares: a target each under its key, and which targets there are. */
export const scrapeState = { targets: window({ name: 'targets' }), roster: cell({ name: 'roster' }) }

/** What all targets of a component share. */
export interface ScrapeJob {
  readonly request: PageRequest
  readonly fallback: ScrapeProtocol | undefined
  readonly rules: Omit<SampleRules, 'labels'>
  /** Whether the report says more than usual. */
  readonly extra: boolean
  /** 0 is none. */
  readonly targetLimit: number
  readonly forwardTo: readonly PrometheusConsumer[]
  readonly memory: Memory
}

/** Which scrape: the time at which it is due, and the token of the lease under which it is done. */
export interface Due {
  readonly dueMs: number
  readonly token: number
  /** Why it fails without being tried. */
  readonly forced?: string
}

/** What became of it: done, or not, because another had done it or is about to. */
export type Outcome = 'scraped' | 'undelivered' | 'done before' | 'under way'

/** How much later than due a scrape may begin and still count as on time, as a share of its interval and at most. */
const tolerance = 0.01
const maxToleranceMs = 100

/** How long a page takes at most to be read and sent on. */
const deliveryMs = 15_000

/** Scrapes `target`, unless that was done for this time; samples go to the job's consumers, the rest into the state. Never rejects for what a target does. */
export async function scrapeTarget(call: Call, job: ScrapeJob, target: Target, due: Due): Promise<Outcome> {
  const known = job.memory.of(target.key, () => Math.floor(call.random() * 2 ** 32))
  if (known.busyUntilMs > call.now()) return 'under way'
  known.busyUntilMs = call.now() + target.timeoutMs + deliveryMs
  try {
    const states = call.open(scrapeState.targets)
    const entry = await states.get(target.key)
    const before = entry && readState(call, entry)
    if (before !== undefined && (before.dueMs >= due.dueMs || before.token > due.token)) return 'done before'
    await agree(known, entry, before)
    return await scrape(call, job, target, due, { known, states, entry, before })
  } finally {
    known.busyUntilMs = 0
    job.memory.settle(target.key, call.now())
  }
}

/** A state that cannot be read is none: the target is scraped as if for the first time. */
function readState(call: Call, { key, bytes }: WindowEntry): TargetState | undefined {
  try {
    return decodeState(bytes)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    call.log('warn', 'the state of a target is damaged; its series begin anew', { key, err: error.message })
    return undefined
  }
}

/** Makes the memory say what the state says. */
async function agree(known: Remembered, entry: WindowEntry | undefined, before: TargetState | undefined): Promise<void> {
  if (known.version !== undefined && known.version === entry?.version) return
  const { labels, watched } = await unpackSeries(before?.packed ?? new Uint8Array(0))
  known.book.restore(labels, watched, before?.ended ?? false, before?.series ?? 0)
  known.packed = before?.packed ?? new Uint8Array(0)
}

interface Surroundings {
  readonly known: Remembered
  readonly states: Window
  readonly entry: WindowEntry | undefined
  readonly before: TargetState | undefined
}

async function scrape(call: Call, job: ScrapeJob, target: Target, due: Due, { known, states, entry, before }: Surroundings): Promise<Outcome> {
  const startMs = call.now()
  const late = startMs - due.dueMs
  const atMs = late >= 0 && late <= Math.min(maxToleranceMs, target.intervalMs * tolerance) ? due.dueMs : startMs
  const rules: SampleRules = { ...job.rules, labels: target.labels }
  const w = new Writer(known.book.labels.length + 24 * known.book.known + 4096)
  const page = await askForPage(call, job, target, due)
  const sink = new SampleSink(known.book, w, rules, atMs, before?.scrapedMs ?? 0)
  known.book.begin()
  const { counts, metadata, error = '' } = 'bytes' in page ? tryRead(page, job, target, known.lines, sink) : { counts: sink.counts, error: page.error }
  // Nothing of a page that does not count, but the ends of all that it had not come to.
  if (metadata === undefined) w.reset()
  sink.writeEnds()
  const durationMs = call.now() - startMs
  const bodyBytes = 'bytes' in page ? page.bytes.length : page.tooLarge ? -1 : 0
  const { timeoutMs } = target
  writeReport(w, target.labels, { ...counts, up: error === '', durationMs, timeoutMs, sampleLimit: rules.sampleLimit, bodyBytes }, job.extra, atMs)
  known.metadata = metadata?.() ?? known.metadata
  for (const one of error === '' ? known.metadata : []) writeMetadata(w, one)
  tell(call, target, counts, error)

  const delivered = await deliver(call, job, w)
  if (delivered) {
    const changed = metadata === undefined ? known.book.abandon() : known.book.commit()
    if (changed) known.packed = await packSeries(known.book)
  }
  const state: TargetState = {
    dueMs: due.dueMs, token: due.token, scrapedMs: atMs, durationMs, intervalMs: target.intervalMs, error, samples: counts.total,
    extra: job.extra, labels: encodeLabels(target.labels), ended: known.book.ended, series: known.book.good, packed: known.packed,
  }
  await keep(call, known, states, entry, target, state)
  return delivered ? 'scraped' : 'undelivered'
}

type Page = { readonly bytes: Uint8Array; readonly contentType: string } | { readonly error: string; readonly tooLarge: boolean }

async function askForPage(call: Call, { request }: ScrapeJob, { url, timeoutMs }: Target, { forced }: Due): Promise<Page> {
  if (forced !== undefined) return { error: forced, tooLarge: false }
  try {
    return await fetchPage(call, url, timeoutMs, request)
  } catch (error) {
    // An invocation that comes to its end says nothing about the target.
    if (error instanceof ScrapeError && !call.signal.aborted) return { error: error.message, tooLarge: error.tooLarge }
    throw error
  }
}

interface Read {
  /** What had been counted until it broke off, if it did. */
  readonly counts: Counts
  /** To be asked once the page counts; undefined where it does not. */
  readonly metadata?: () => readonly MetricMetadata[] | undefined
  readonly error?: string
}

/** Reads a page into the sink; what Prometheus refuses gives the reason. */
function tryRead(page: { bytes: Uint8Array; contentType: string }, job: ScrapeJob, target: Target, lines: Remembered['lines'], sink: SampleSink): Read {
  const { counts } = sink
  // An empty page has no format to be wrong, and makes Prometheus forget none of the series it knows.
  if (page.bytes.length === 0) return { counts }
  const { format, problem } = pageFormat(page.contentType, job.fallback)
  if (format === undefined) return { counts, error: problem! }
  try {
    const metadata = readPage(page.bytes, format, sink, { native: target.nativeHistograms, classic: target.classicHistograms, nhcb: target.nhcb }, lines)
    sink.checkLimits()
    return { counts, metadata }
  } catch (error) {
    if (!(error instanceof WireError || error instanceof PageError)) throw error
    return { counts, error: error.message }
  }
}

function tell(call: Call, { url }: Target, { duplicates, outOfOrder, outOfBounds }: Counts, error: string): void {
  if (error !== '') call.log('debug', 'Scrape failed', { target: url, err: error })
  if (outOfOrder > 0) call.log('warn', 'Error on ingesting out-of-order samples', { target: url, num_dropped: outOfOrder })
  if (duplicates > 0) call.log('warn', 'Error on ingesting samples with different value but same timestamp', { target: url, num_dropped: duplicates })
  if (outOfBounds > 0) call.log('warn', 'Error on ingesting samples that are too old or are too far into the future', { target: url, num_dropped: outOfBounds })
}

/** Hands the batch on; a destination that does not take it (nor a queue of its own) loses it to the log. */
async function deliver(call: Call, { forwardTo }: ScrapeJob, w: Writer): Promise<boolean> {
  try {
    if (forwardTo.length > 0) await fanOut(forwardTo, prometheusBatch(w.finish()), call)
    return true
  } catch (error) {
    call.log('error', 'Scrape commit failed', { err: error instanceof Error ? error.message : String(error) })
    return false
  }
}

/** The state is gone for good after some intervals without a scrape, for whoever wants to sweep. */
const sweepIntervals = 10

async function keep(call: Call, known: Remembered, states: Window, over: WindowEntry | undefined, target: Target, state: TargetState): Promise<void> {
  known.version = undefined
  const expiresMs = state.scrapedMs + sweepIntervals * target.intervalMs
  const put = (options: Parameters<Window['put']>[3]) => states.put(target.key, encodeState(state), expiresMs, options)
  let written = await put({ over: over ?? null })
  // What stands there and cannot be read is in nobody's use.
  if (written === 'conflict' && over === undefined && await states.get(target.key) === undefined) written = await put({})
  if (written === 'conflict') call.log('warn', 'another has scraped the same target at the same time', { target: target.url })
  else known.version = written.version
}
