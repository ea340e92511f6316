import { describe } from 'node:test'
import { lambda } from '../support/platform-lambda.ts'
import { node } from '../support/platform-node.ts'
import { workerd } from '../support/platform-workerd.ts'
import { accountingSuite } from './accounting-suite.ts'

// All at once: most of the time they wait for counts to be written, which happens every ten seconds.
describe('accounting', { concurrency: true }, () => {
  for (const platform of [node, workerd, lambda('url')]) accountingSuite(platform)
})
