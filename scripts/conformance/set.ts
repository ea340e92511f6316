/** What a conformance set is. A file in sets/ is one (it exports `name` and `run`), or exports several as `sets`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** One case: passed where it has no problem. */
export interface CaseResult {
  name: string
  problem?: string
}

/** How a set went; a set without cases is left out. */
export interface SetResult {
  passed: number
  total: number
  /** One line for each case that did not pass. */
  failures: string[]
}

export interface ConformanceSet {
  name: string
  /** Runs every case found below `root`. */
  run(root: string): SetResult | Promise<SetResult>
}

/** A set whose cases come one by one; it has none where something that it needs is missing below the root. */
export function caseSet(
  name: string, needs: readonly string[], cases: (root: string) => Iterable<CaseResult> | AsyncIterable<CaseResult>,
): ConformanceSet {
  return {
    name,
    async run(root) {
      const result: SetResult = { passed: 0, total: 0, failures: [] }
      if (!needs.every(need => existsSync(path.join(root, need)))) return result
      for await (const { name: caseName, problem } of cases(root)) {
        result.total++
        if (problem === undefined) result.passed++
        else result.failures.push(`${caseName}: ${problem}`)
      }
      return result
    },
  }
}

/** A file of facts: JSON with the cases under some key. */
export function readFacts<T>(root: string, name: string): T {
  return JSON.parse(readFileSync(path.join(root, 'facts', `${name}.json`), 'utf8')) as T
}

/** Files below `folder` with an ending, sorted, relative to `root`; none where the folder is missing. */
export function filesBelow(root: string, folder: string, ending: string): string[] {
  const at = path.join(root, folder)
  if (!existsSync(at)) return []
  return readdirSync(at, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith(ending))
    .map(name => path.join(folder, name))
    .sort()
}

/** Compares a case's outcome with what is expected; a difference is shown at its first line. */
export function compare(name: string, got: string, wanted: string): CaseResult {
  if (got === wanted) return { name }
  const gotLines = got.split('\n')
  const wantedLines = wanted.split('\n')
  const line = wantedLines.findIndex((text, index) => text !== gotLines[index])
  const at = line === -1 ? wantedLines.length : line
  return { name, problem: `line ${at + 1}: got ${JSON.stringify(gotLines[at])}, wanted ${JSON.stringify(wantedLines[at])}` }
}

/** Runs a case that may throw: what it throws is its problem. */
export function guarded(name: string, run: () => CaseResult): CaseResult {
  try {
    return run()
  } catch (error) {
    return { name, problem: `threw ${error instanceof Error ? error.stack ?? error.message : String(error)}` }
  }
}
