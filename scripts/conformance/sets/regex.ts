/** facts/go-regexp.json: what Go's regexp answers, recorded. */
import { compileRegex } from '../../../src/lib/regex.ts'
import type { SetResult } from '../set.ts'
import { compareCases, readCases } from './cases.ts'

interface RegexCase {
  name: string
  pattern: string
  input: string
  error?: string
  match?: boolean
  groups?: (string | null)[]
  names?: string[]
  all?: string[] | null
  replacement?: string
  replaced?: string
}

/** The name of the set, and how it runs over a corpus folder. */
export const name = 'go-regexp'

export async function run(dir: string): Promise<SetResult> {
  return compareCases(await readCases<RegexCase>(dir, 'go-regexp.json'), wanted, actual)
}

function wanted({ name: _name, pattern: _pattern, input: _input, ...expected }: RegexCase) {
  return expected
}

function actual({ pattern, input, replacement, names, groups }: RegexCase) {
  try {
    const regex = compileRegex(pattern)
    const match = regex.exec(input)
    const all = [...regex.matchAll(input)].map(found => found.text)
    return {
      match: regex.test(input),
      ...(names !== undefined && { names: [...regex.names] }),
      all: all.length > 0 ? all : null,
      ...((groups !== undefined || match !== undefined) && { groups: match?.groups.map(group => group ?? null) }),
      ...(replacement !== undefined && { replacement, replaced: regex.replaceAll(input, replacement) }),
    }
  } catch (error) {
    return { error: (error as Error).message }
  }
}
