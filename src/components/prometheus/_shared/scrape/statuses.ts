/** How targets fare, for those who look. */

import type { Call } from '../../../contract/call.ts'
import { rfc3339 } from '../../../../lib/time.ts'
import { scrapeState } from './scrape-target.ts'
import { decodeState } from './state.ts'
import type { LabelMap, Target } from './target.ts'

/** One target, in Alloy's words. */
export interface TargetStatus {
  readonly job: string
  readonly url: string
  readonly health: 'up' | 'down' | 'unknown'
  readonly labels: LabelMap
  readonly discoveredLabels: LabelMap
  readonly lastError: string
  /** RFC 3339; empty before the first scrape. */
  readonly lastScrape: string
  readonly durationMs: number
  readonly samples: number
  /** Series of its last good page. */
  readonly series: number
}

/** More are not looked up at once: each is a read. */
const most = 1000

/** The status of each target, as the last scrape of any isolate left it. */
export function targetStatuses(call: Call, targets: readonly Target[]): Promise<TargetStatus[]> {
  return Promise.all(targets.slice(0, most).map(async (target): Promise<TargetStatus> => {
    const entry = await call.open(scrapeState.targets).get(target.key)
    const state = entry && decodeState(entry.bytes)
    return {
      job: target.all['job'] ?? '',
      // A password in a parameter is not for those who look.
      url: target.url.replace(/\?.*$/s, ''),
      health: state === undefined ? 'unknown' : state.error === '' ? 'up' : 'down',
      labels: Object.fromEntries(target.labels),
      discoveredLabels: target.discovered,
      lastError: state?.error ?? '',
      lastScrape: state === undefined ? '' : rfc3339(state.scrapedMs),
      durationMs: state?.durationMs ?? 0,
      samples: state?.samples ?? 0,
      series: state?.series ?? 0,
    }
  }))
}
