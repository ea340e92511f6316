/** facts/prometheus-accept-negotiation.json: which Content-Type a page of our own gets, by what is accepted. */
import { negotiate } from '../../../src/components/prometheus/_shared/scrape/negotiate.ts'
import type { SetResult } from '../set.ts'
import { compareCases, readCases } from './cases.ts'

interface NegotiationCase {
  name: string
  func: string
  accept: string
  expected: string
}

export const name = 'accept-negotiation'

export async function run(dir: string): Promise<SetResult> {
  return compareCases(await readCases<NegotiationCase>(dir, 'prometheus-accept-negotiation.json'), one => one.expected, one => negotiate(one.accept, {
    // What Go keeps in a variable that these tests set: the older one leaves it as it was.
    escaping: one.func === 'TestNegotiate' ? 'underscores' : 'values',
    openMetrics: one.func === 'TestNegotiateIncludingOpenMetrics',
  }))
}
