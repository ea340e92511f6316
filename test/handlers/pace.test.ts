import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { paceOf } from '../../src/handlers/pace.ts'

const bounds = (env: Record<string, string>, platform: 'cloudflare' | 'node' = 'cloudflare') => {
  const { minShards, maxShards } = paceOf(platform, name => env[name])
  return [minShards, maxShards]
}

describe('the pace of clocks', () => {
  it('is bounded by the deployment, within what the platform can do', () => {
    assert.deepEqual(bounds({}), [1, 300])
    assert.deepEqual(bounds({ SLUICE_MIN_SHARDS: '4', SLUICE_MAX_SHARDS: '12' }), [4, 12])
    assert.deepEqual(bounds({ SLUICE_MIN_SHARDS: '40', SLUICE_MAX_SHARDS: '5000' }, 'node'), [30, 30])
    assert.deepEqual(bounds({ SLUICE_MIN_SHARDS: '0', SLUICE_MAX_SHARDS: 'many' }), [1, 300])
  })

  it('hands out stretches that reach beyond the time at which the next is handed out', () => {
    for (const platform of ['cloudflare', 'lambda', 'node'] as const) {
      for (const leastMs of [1_000, 15_000, 60_000, 3_600_000]) {
        const { aheadMs, lengthMs } = paceOf(platform, () => undefined).stretch(leastMs)
        assert.ok(lengthMs > aheadMs, `${platform} ${leastMs}`)
      }
    }
  })

  it('covers the time from tick to tick on Lambda where something is due more often, and waits for nothing elsewhere', () => {
    const { stretch } = paceOf('lambda', () => undefined)
    assert.ok(stretch(15_000).lengthMs > 60_000)
    assert.ok(stretch(60_000).lengthMs < 5_000)
  })
})
