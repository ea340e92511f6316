import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileStore } from '../../../src/state/stores/file.ts'
import { breakable } from '../faulty.ts'
import { storeContract } from '../store-contract.ts'

storeContract('file', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-state-'))
  const { wrap, ...faults } = breakable()
  return {
    ...faults,
    open: () => wrap(fileStore(folder, { now: Date.now, random: Math.random })),
    close: () => rm(folder, { recursive: true }),
  }
})
