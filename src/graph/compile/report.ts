/** Turns messages about spans of a file into diagnostics. */

import type { Span } from '../../language/ast.ts'
import { diagnose, type Diagnostic } from '../../language/diagnostics.ts'
import type { Problem } from '../../language/messages.ts'
import { lineMap, type LineMap } from '../../language/source.ts'
import type { Source } from './1-load.ts'

export interface Report {
  (file: number, span: Span, problem: Problem): void
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
  const add = (found: readonly Diagnostic[]): void => {
    for (const diagnostic of found) {
      const key = keyOf(diagnostic)
      if (seen.has(key)) continue
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

const keyOf = ({ file, start, code, message }: Diagnostic) => `${file}:${start.offset}:${code}:${message}`
