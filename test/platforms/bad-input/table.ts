/** All cases. */

import type { BadInput } from './answers.ts'
import { lokiCases } from './loki.ts'
import { otlpCases } from './otlp.ts'
import { promCases } from './prometheus.ts'

export const badInputs: readonly BadInput[] = [...otlpCases, ...lokiCases, ...promCases]
