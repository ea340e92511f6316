/** `file`: paths as text. */
import { FunctionValue, objectValue } from '../value.ts'
import { toText } from './_arguments.ts'

/** Joins with slashes and tidies up: empty parts go, `.` and `..` are resolved as far as they can be. */
function joinPaths(parts: readonly string[]): string {
  const path = parts.filter(part => part !== '').join('/')
  if (path === '') return ''
  const rooted = path.startsWith('/')
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') kept.push(part)
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else if (!rooted) kept.push('..')
  }
  const clean = kept.join('/')
  return rooted ? `/${clean}` : clean === '' ? '.' : clean
}

export const members = objectValue({
  path_join: new FunctionValue('path_join', args => joinPaths(args.map((_arg, index) => toText(args, index)))),
})
