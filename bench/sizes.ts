/** What the sample configuration weighs where it is deployed, beside an empty Hono app. */

import { gzipSync } from 'node:zlib'
import type { BenchOptions } from './measure.ts'
import { emptyHono, sample } from './support/baselines.ts'

export async function* rows({ only }: Pick<BenchOptions, 'only'>) {
  for (const target of ['cloudflare', 'lambda'] as const) {
    if (!target.includes(only)) continue
    const [ours, baseline] = [await sample(target), await emptyHono(target)]
    const [gzipBytes, baselineGzipBytes] = [gzipSync(ours).length, gzipSync(baseline).length]
    yield { row: target, bytes: Buffer.byteLength(ours), gzipBytes, baselineGzipBytes, addedGzipBytes: gzipBytes - baselineGzipBytes }
  }
}
