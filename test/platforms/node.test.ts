import { node } from '../support/platform-node.ts'
import { badInputSuite } from './bad-input-suite.ts'
import { outageSuite } from './outage-suite.ts'
import { platformSuite } from './suite.ts'

platformSuite(node)
badInputSuite(node)
outageSuite(node)
