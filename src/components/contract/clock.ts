/** State of the clock of a component with `rounds`. */

import { cell, type CellKey } from '../../state/kinds.ts'

/** To be put under such a definition's `state`: what the clock has handed out, and up to when. */
export const clockState = { clock: cell({ name: 'clock' }) }

/** Orders of one shard that may be open at the same time: the end of one stretch of time is still waited for when the next begins. */
const slots = 8

/** Where it stands how far the order `token` of a shard (from 0) has come. */
export const roundKey = (shard: number, token: number): CellKey => cell({ name: `round-${shard}-${token % slots}` })
