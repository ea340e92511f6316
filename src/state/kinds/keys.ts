/** Names of users as parts of keys (FORMAT.md). */

import { text, utf8 } from '../../lib/bytes.ts'

/** `part` with everything escaped that some store or reader of keys would take for something else; lone surrogates become U+FFFD. */
export function escapePart(part: string): string {
  return encodeURIComponent(text(utf8(part))).replace(/[!'()*~]|^\./g, character => `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`)
}

/** A node's id, also one within a module: its `/` is escaped, or the queue `b` of node `a` would lie above the queues of node `a/b`. */
export const escapeNode = escapePart

/** Where the state `key` of the component `nodeId` stands: the key of a cell or lease, and what a queue's or window's keys start with. */
export const storeKey = (key: { readonly kind: string; readonly name: string }, nodeId: string): string =>
  `${key.kind}/${escapeNode(nodeId)}/${escapePart(key.name)}`
