/** Names of users as parts of keys (FORMAT.md). */

import { text, utf8 } from '../../lib/bytes.ts'

/** `part` with everything escaped that some store or reader of keys would take for something else; lone surrogates become U+FFFD. */
export function escapePart(part: string): string {
  return encodeURIComponent(text(utf8(part))).replace(/[!'()*~]|^\./g, character => `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`)
}
