/** Several requests to one destination for one batch. */

import { ConsumeError, joinFailures } from '../components/contract/errors.ts'

/**
 * Sends parts one after the other, so that their order is kept. A part that is refused for good does not hold up the others; one
 * that may succeed later ends the round, because what follows must not overtake it. Rejects with one ConsumeError for all, which
 * counts the items of the refused parts where nothing else was lost.
 */
export async function sendInOrder<P>(parts: Iterable<P>, items: (part: P) => number, send: (part: P) => Promise<unknown>): Promise<void> {
  const refused: ConsumeError[] = []
  let delivered = false
  for (const part of parts) {
    try {
      await send(part)
      delivered = true
    } catch (error) {
      if (!(error instanceof ConsumeError)) throw error
      if (error.kind === 'retryable') throw joinFailures([error, ...refused])
      refused.push(new ConsumeError('permanent', error.message, { status: error.status, rejected: items(part), cause: error }))
    }
  }
  if (refused.length === 0) return
  const rejected = refused.reduce((sum, error) => sum + error.rejected!, 0)
  const message = [...new Set(refused.map(error => error.message))].join('; ')
  throw new ConsumeError('permanent', message, { status: refused[0]!.status, cause: refused, ...(delivered && { rejected }) })
}
