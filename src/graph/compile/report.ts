/** Turns messages about spans of a file into diagnostics. */

import type { Span } from '../../language/ast.ts'
import { diagnose, type Diagnostic } from '../../language/diagnostics.ts'
import type { Problem } from '../../language/messages.ts'
import { lineMap, type LineMap } from '../../language/source.ts'
import type { Source } from './1-load.ts'

/** Says a problem at a span of a file. */
export type Say = (file: number, span: Span, problem: Problem) => void

export interface Report extends Say {
  /** Takes what another part of the compiler has found. */
  add(found: readonly Diagnostic[]): void
  /** `config.alloy:3:1`, for messages that point at a second place. */
  place(file: number, offset: number): string
  /** The line (from 1) of an offset. */
  line(file: number, offset: number): number
}

/** A report function over `sources` that appends to `diagnostics`. */
export function reporter(sources: readonly Source[], diagnostics: Diagnostic[]): Report {
  const maps = new Map<number, LineMap>()
  const mapOf = (file: number): LineMap => {
    const known = maps.get(file) ?? lineMap(sources[file]!.text)
    maps.set(file, known)
    return known
  }
  const report = (file: number, span: Span, problem: Problem): void => {
    add([diagnose(problem, sources[file]!.file, mapOf(file), span)])
  }
  // A module that is used twice is checked twice, and is wrong once.
  const seen = new Set(diagnostics.map(keyOf))
  // What an earlier phase has found wrong at a place, a later one need not explain in its own words.
  const settled = settledBy(diagnostics)
  const add = (found: readonly Diagnostic[]): void => {
    for (const diagnostic of found) {
      const key = keyOf(diagnostic)
      if (seen.has(key) || settled(diagnostic)) continue
      seen.add(key)
      diagnostics.push(diagnostic)
    }
  }
  return Object.assign(report, {
    add,
    place: (file: number, offset: number) => {
      const { line, column } = mapOf(file).position(offset)
      return `${sources[file]!.file}:${line}:${column}`
    },
    line: (file: number, offset: number) => mapOf(file).line(offset),
  })
}

/**
 * Gathers what `find` says, and reports it in the order of the text, one problem of a kind at a place: of a module, and of a
 * foreach, the same text is many nodes.
 */
export function inTextOrder(report: Say, find: (say: Say) => void): void {
  const found = new Map<string, Parameters<Say>>()
  find((file, span, problem) => {
    const key = `${file} ${span.start} ${problem.code}`
    if (!found.has(key)) found.set(key, [file, span, problem])
  })
  const sorted = [...found.values()].sort(([file, a], [other, b]) => file - other || a.start - b.start)
  for (const one of sorted) report(...one)
}

/** What codes are about, where several codes (or one with several wordings) can be about the same thing. */
function subjectOf(code: string): string | undefined {
  if (code.startsWith('eval/') || code === 'check/type-mismatch' || code === 'check/invalid-value') return 'value'
  return code === 'graph/cycle' || code === 'graph/self-reference' ? code : undefined
}

const subjectIn = ({ file, code }: Diagnostic): string | undefined => {
  const subject = subjectOf(code)
  return subject === undefined ? undefined : `${subject} ${file}`
}

/** Whether a diagnostic starts within an error about the same thing among these. */
function settledBy(diagnostics: readonly Diagnostic[]): (one: Diagnostic) => boolean {
  const spans = new Map<string, { start: number; end: number }[]>()
  for (const one of [...diagnostics].sort((a, b) => a.start.offset - b.start.offset)) {
    const subject = subjectIn(one)
    if (one.severity !== 'error' || subject === undefined) continue
    const before = spans.get(subject) ?? []
    // The furthest end so far, so that the last span that starts early enough answers for all before it.
    before.push({ start: one.start.offset, end: Math.max(one.end.offset, before.at(-1)?.end ?? 0) })
    spans.set(subject, before)
  }
  return one => {
    const among = spans.get(subjectIn(one) ?? '') ?? []
    let [low, high] = [0, among.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (among[middle]!.start <= one.start.offset) low = middle + 1
      else high = middle
    }
    return low > 0 && one.start.offset <= among[low - 1]!.end
  }
}

const keyOf = ({ file, start, code, message }: Diagnostic) => `${file}:${start.offset}:${code}:${message}`
