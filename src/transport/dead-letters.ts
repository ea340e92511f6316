/** Dead letters: what a destination had to give up of what it had accepted, kept for people (`sluice queue`) where the deployment asks for it. */

import type { Call } from '../components/contract/call.ts'
import { reasonKey } from '../components/contract/define.ts'
import { deadLetterItems, deadLettersForgotten } from '../components/contract/metrics.ts'
import type { Depth, QueueBounds, QueueKey } from '../state/kinds.ts'

/** Beyond these the oldest are forgotten. */
export const deadLetterBounds = { bytes: 64 * 1024 * 1024, ageMs: 7 * 24 * 3_600_000 } as const satisfies QueueBounds
/** Room is made for more than one letter at a time, because it takes a list. */
const roomBytes = deadLetterBounds.bytes / 16
/** How often an isolate looks for letters that have become too old. */
const trimEveryMs = 3_600_000
const maxReason = 500

export interface Letter {
  readonly bytes: Uint8Array
  readonly items: number
  readonly note: Readonly<Record<string, string>>
}

export interface DeadLetters {
  /** Keeps what was given up, with the reason; does nothing where the deployment keeps nothing. */
  keep(letters: readonly Letter[], reason: string, call: Call): Promise<void>
  /** Forgets what is too old; looks once an hour. */
  trim(call: Call): Promise<void>
}

/** The dead letters in queue `key` (bounded by `deadLetterBounds`) of the destination that logs call `shown`. */
export function deadLetters(key: QueueKey, shown: string): DeadLetters {
  let trimmedMs: number | undefined

  const forgotten = ({ items, batches }: Omit<Depth, 'oldestMs'>, reason: string, call: Call) => {
    if (batches === 0) return
    call.count(deadLettersForgotten, items, { reason })
    call.log('warn', 'dead letters are forgotten', { url: shown, batches, items, reason })
  }

  return {
    async keep(letters, reason, call) {
      if (!call.keepsRefused || letters.length === 0) return
      const dead = call.open(key)
      const acceptedAtMs = call.now()
      const waiting = letters.map(({ bytes, items, note }) =>
        ({ bytes, info: { items, acceptedAtMs, meta: { ...note, [reasonKey]: reason.slice(0, maxReason) } } }))
      let outcome = await dead.append(waiting)
      if (outcome !== 'queued') {
        const bytes = letters.reduce((sum, letter) => sum + letter.bytes.length, 0)
        forgotten(await dead.discard({ acceptedAfterMs: acceptedAtMs - deadLetterBounds.ageMs }), 'too_old', call)
        forgotten(await dead.discard({ keepBytes: deadLetterBounds.bytes - roomBytes - bytes }), 'no_room', call)
        outcome = await dead.append(waiting)
      }
      const items = letters.reduce((sum, letter) => sum + letter.items, 0)
      if (outcome === 'queued') call.count(deadLetterItems, items)
      else forgotten({ items, batches: letters.length, bytes: 0 }, 'no_room', call)
    },
    async trim(call) {
      const now = call.now()
      if (!call.keepsRefused || (trimmedMs !== undefined && now >= trimmedMs && now - trimmedMs < trimEveryMs)) return
      trimmedMs = now
      forgotten(await call.open(key).discard({ acceptedAfterMs: now - deadLetterBounds.ageMs }), 'too_old', call)
    },
  }
}
