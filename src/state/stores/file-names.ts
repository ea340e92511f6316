/** Keys as paths that every file system takes: case-insensitive ones, those that refuse `:` or `?`, and names of at most 255 bytes. */

import { utf8 } from '../../lib/bytes.ts'

/** So that a name with its ending stays well under 255 bytes. */
const nameBytes = 200

/** Folders for the parts of `key` before a `/` (each ends with `~`, or `+` where a long one continues), then a file (ends with `=`). */
export function encodeKey(key: string): string {
  return encodeParts(key.split('/'))
}

/** The deepest folder that holds every key starting with `prefix`; '' for the top. */
export function encodePrefix(prefix: string): string {
  const whole = prefix.split('/').slice(0, -1)
  return whole.length === 0 ? '' : encodeParts([...whole, '']).split('/').slice(0, -1).join('/')
}

/** The key of a path that `encodeKey` made. */
export function decodePath(relative: string): string {
  const joined = relative.split(/[/\\]/).map(name => {
    const rest = name.slice(0, -1)
    return name.endsWith('~') ? `${rest}/` : rest
  }).join('')
  return decodeURIComponent(joined)
}

function encodeParts(parts: readonly string[]): string {
  return parts.flatMap((part, i) => {
    const escaped = escapePart(part)
    const names: string[] = []
    let at = 0
    for (; at + nameBytes < escaped.length; at += nameBytes) names.push(`${escaped.slice(at, at + nameBytes)}+`)
    return [...names, escaped.slice(at) + (i < parts.length - 1 ? '~' : '=')]
  }).join('/')
}

function escapePart(part: string): string {
  let out = ''
  for (const byte of utf8(part)) {
    const character = String.fromCharCode(byte)
    out += /[a-z0-9._-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
  }
  return out
}
