/** File names with `*`, `?` and `[a-z]` in their last part, as Go's filepath.Glob takes them. */

import { compileRegex } from './regex.ts'

/** Whether a name is a pattern. */
export const isGlob = (name: string): boolean => /[*?[]/.test(name)

/** The folder that a pattern's matches are in, with its final slash; empty for the current one. */
export const globFolder = (pattern: string): string => pattern.slice(0, pattern.lastIndexOf('/') + 1)

/** Whether paths match a pattern; throws a RegexError for a broken one. */
export function globMatcher(pattern: string): (path: string) => boolean {
  const source = pattern.replace(/\[\^?[^\]]+\]|[*?]|\\.|./gsu, part => {
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.length > 1) return part
    return part.replace(/[.+^${}()|[\]\\]/, '\\$&')
  })
  const regex = compileRegex(source, { anchored: true })
  return path => regex.test(path)
}
