import { memoryData, memoryStore } from '../../../src/state/stores/memory.ts'
import { breakable } from '../faulty.ts'
import { storeContract } from '../store-contract.ts'

storeContract('memory', async () => {
  const { wrap, ...faults } = breakable()
  const env = { now: Date.now, random: Math.random }
  const data = memoryData(env.now)
  return { ...faults, open: () => wrap(memoryStore(env, data)), close: async () => undefined }
})
