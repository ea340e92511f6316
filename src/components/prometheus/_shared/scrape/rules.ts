/** What the configuration of a scrape says of the samples of a target. */

import type { Labels } from '../../../../telemetry/labels.ts'
import type { LabelLimits } from './labels.ts'

/** What the configuration says of a target's samples. */
export interface SampleRules {
  /** The target's own labels. */
  readonly labels: Labels
  readonly honorLabels: boolean
  readonly honorTimestamps: boolean
  readonly trackTimestamps: boolean
  readonly names: 'legacy' | 'utf8'
  /** 0 is none. */
  readonly sampleLimit: number
  readonly labelLimits: LabelLimits
  readonly bucketLimit: number
  /** The finest schema of native histograms. */
  readonly maxSchema: number
  /** Whether samples of zero mark where series began, for those who say so. */
  readonly startTimes: boolean
  /** Whether types and units become labels too. */
  readonly typeLabels: boolean
}

/** Which kinds of histograms are wanted of a page. */
export interface HistogramRules {
  /** Native ones, which only protobuf has. */
  readonly native: boolean
  /** Classic ones also where there are native ones. */
  readonly classic: boolean
  /** Classic ones as native ones with custom buckets. */
  readonly nhcb: boolean
}
