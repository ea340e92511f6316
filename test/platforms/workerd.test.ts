import { workerd } from '../support/platform-workerd.ts'
import { badInputSuite } from './bad-input-suite.ts'
import { outageSuite } from './outage-suite.ts'
import { platformSuite } from './suite.ts'

platformSuite(workerd)
badInputSuite(workerd)
outageSuite(workerd)
