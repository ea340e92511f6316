/** Lists of folders that others write into meanwhile. */

import { compareKeys } from '../store.ts'

/** A folder with so few files comes in one system call, during which nothing can be added. */
const atOnce = 100

/**
 * What `read` finds, such that no key is missing that was there before another that was found. A large folder is read in pieces, in
 * no order: a file may be added to a piece that was read already, and the next one to a piece that was not. So it is read twice, and
 * what sorts after everything in the first reading is left to the next list.
 */
export async function withoutGaps(read: () => Promise<string[]>): Promise<string[]> {
  const first = await read()
  if (first.length < atOnce) return first
  const last = first.reduce((highest, key) => (compareKeys(key, highest) > 0 ? key : highest))
  return (await read()).filter(key => compareKeys(key, last) <= 0)
}
