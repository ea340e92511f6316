/** What the sets over facts/*.json share. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { SetResult } from '../set.ts'

export type { SetResult } from '../set.ts'

/** The cases of one facts file of the corpus at `dir`; none when the corpus lacks it. */
export async function readCases<T>(dir: string, file: string): Promise<T[]> {
  try {
    return (JSON.parse(await readFile(path.join(dir, 'facts', file), 'utf8')) as { cases: T[] }).cases
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Compares what is wanted of each case with what happens. */
export function compareCases<T extends { name: string }>(cases: T[], wanted: (one: T) => unknown, actual: (one: T) => unknown): SetResult {
  const failures = cases.flatMap(one => {
    const [expected, got] = [wanted(one), actual(one)]
    return isDeepStrictEqual(expected, got) ? [] : [`${one.name}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`]
  })
  return { passed: cases.length - failures.length, total: cases.length, failures }
}
