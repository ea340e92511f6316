import { lambda } from '../support/platform-lambda.ts'
import { badInputSuite } from './bad-input-suite.ts'
import { outageSuite } from './outage-suite.ts'
import { platformSuite } from './suite.ts'

// The three shapes of event; what is refused does not depend on them.
for (const shape of ['url', 'stage', 'rest'] as const) platformSuite(lambda(shape))
badInputSuite(lambda('url'))
outageSuite(lambda('url'))
