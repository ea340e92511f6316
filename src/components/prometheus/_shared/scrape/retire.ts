/**
 * Targets that are no more. Their series end as Prometheus ends them: at the time of the scrape that did not come, and written only
 * when another interval (and a bit) has passed without one, because a target may be back, or have moved to another shard.
 */

import type { Call } from '../../../contract/call.ts'
import { fanOut } from '../../../contract/consume.ts'
import { fromHex, hex } from '../../../../lib/bytes.ts'
import { prometheusBatch } from '../../../../telemetry/prometheus.ts'
import { Writer } from '../../../../wire/writer.ts'
import { writeReportEnds } from './report.ts'
import { scrapeState, type ScrapeJob } from './scrape-target.ts'
import { writeEnd } from './sink.ts'
import { decodeState, unpackSeries } from './state.ts'
import type { Target } from './target.ts'

/** How long after its last scrape a target's series end, in intervals. */
const patience = 2.1
/** Of a target that was never scraped, or whose state is damaged: until then it may appear. */
const blankPatienceMs = 10 * 60_000
const keyBytes = 16

/**
 * Compares `targets` (all of them, of every shard) with those there were, and ends the series of those that are gone. To be run by
 * one at a time, once a tick; costs a read, and a write when targets come or go. Answers how many were ended.
 */
export async function retireTargets(call: Call, job: ScrapeJob, targets: readonly Target[]): Promise<number> {
  const roster = call.open(scrapeState.roster)
  const known = await roster.read()
  const before = decodeRoster(known?.bytes)
  const now = new Set(targets.map(({ key }) => key))
  const after = new Map<string, number>(targets.map(({ key }) => [key, 0]))
  let ended = 0
  for (const [key, checkMs] of before) {
    if (now.has(key)) continue
    const again = checkMs > call.now() ? checkMs : await retire(call, job, key, checkMs)
    if (again === undefined) ended++
    else after.set(key, again)
  }
  if (!sameRoster(before, after)) await roster.write(encodeRoster(after), { over: known ?? null })
  return ended
}

/** Ends the series of one target; when to look again where it is too early, undefined when it is done. */
async function retire(call: Call, job: ScrapeJob, key: string, checkMs: number): Promise<number | undefined> {
  const states = call.open(scrapeState.targets)
  const entry = await states.get(key)
  // It may be on its way from one shard to another, before its first scrape.
  if (entry === undefined) return checkMs === 0 ? call.now() + blankPatienceMs : undefined
  const state = decodeState(entry.bytes)
  const endMs = state.scrapedMs + patience * state.intervalMs
  if (call.now() < endMs) return endMs
  const atMs = Math.round(state.scrapedMs + state.intervalMs)
  const { labels, watched } = await unpackSeries(state.packed)
  const w = new Writer(labels.length + 24 * labels.count + 1024)
  for (let series = 0; series < (state.ended ? 0 : labels.count); series++) {
    if (watched[series]) writeEnd(w, labels.bytes.subarray(labels.from(series), labels.to(series)), atMs)
  }
  writeReportEnds(w, state.labels, state.extra, atMs)
  if (job.forwardTo.length > 0) await fanOut(job.forwardTo, prometheusBatch(w.finish()), call)
  await states.remove(entry)
  job.memory.forget(key)
  return undefined
}

/** 16 bytes a target, and eight of when to look for it again (0 while it is there). */
function encodeRoster(roster: ReadonlyMap<string, number>): Uint8Array {
  const w = new Writer(roster.size * (keyBytes + 8))
  for (const [key, checkMs] of roster) w.raw(fromHex(key)!).double(checkMs)
  return w.finish()
}

function decodeRoster(bytes: Uint8Array | undefined): Map<string, number> {
  const roster = new Map<string, number>()
  if (bytes === undefined) return roster
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + keyBytes + 8 <= bytes.length; at += keyBytes + 8) {
    roster.set(hex(bytes.subarray(at, at + keyBytes)), view.getFloat64(at + keyBytes, true))
  }
  return roster
}

function sameRoster(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  if (a.size !== b.size) return false
  for (const [key, checkMs] of b) if (a.get(key) !== checkMs) return false
  return true
}
