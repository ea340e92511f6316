/** Exports that outlive the isolate which read them. */

import { cell, lease } from '../../state/kinds.ts'

/**
 * Put under a definition's `state`, this lets the graph keep what `refresh` read in durable state: other isolates start from it, one
 * of them at a time reads anew, and a value that is new to one reaches the others within ten seconds.
 */
export const liveState = { exports: cell({ name: 'exports' }), refreshing: lease({ name: 'exports' }) }
