/** A few seconds of `npm run chaos`: processes are killed while the destination and the disk fail, and nothing that was acknowledged is lost. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runChaos } from '../../scripts/chaos/run.ts'

describe('chaos, in short', () => {
  for (const platform of ['node', 'workerd', 'lambda'] as const) {
    it(`${platform} keeps what it acknowledged, in order`, async () => {
      const { violations, figures, output } = await runChaos(
        { seed: 7, platform, runMs: 6_000, settleMs: 3_000, kills: 2, without: [], mayWait: true }, () => undefined)
      assert.deepEqual(violations, [], `${JSON.stringify(figures, null, 1)}\n${output}`)
      assert.equal(figures['kills'], 2)
      assert.ok(Number(figures['items acknowledged']) > 0, output)
    })
  }
})
