/**
 * File names with `*`, `?` and `[a-z]` in them, as Go's filepath.Glob takes them. Matched by hand, in at most pattern times name
 * steps: a library of regular expressions would weigh more than everything else in a bundle.
 */

/** Whether a name is a pattern. */
export const isGlob = (name: string): boolean => /[*?[]/.test(name)

/** The folder that a pattern's matches are in, with its final slash; empty for the current one. */
export const globFolder = (pattern: string): string => pattern.slice(0, pattern.lastIndexOf('/') + 1)

/** One character of a name, or any number of them but slashes. */
type Step = 'any number' | ((character: string) => boolean)

/** Whether paths match a pattern; throws a RangeError for one with an unfinished `[` or `\`, or an empty class. */
export function globMatcher(pattern: string): (path: string) => boolean {
  const steps = stepsOf(pattern)
  return path => matches(steps, [...path])
}

/** On a mismatch, the last `*` takes one character more; those before it need not be tried again. */
function matches(steps: readonly Step[], name: readonly string[]): boolean {
  let step = 0
  let at = 0
  let star: { step: number; at: number } | undefined
  while (at < name.length || step < steps.length) {
    const next = steps[step]
    if (next === 'any number') {
      star = { step: step++, at }
    } else if (next !== undefined && at < name.length && next(name[at]!)) {
      step++
      at++
    } else {
      if (star === undefined || star.at >= name.length || name[star.at] === '/') return false
      star.at++
      step = star.step + 1
      at = star.at
    }
  }
  return true
}

function stepsOf(pattern: string): Step[] {
  const characters = [...pattern]
  const steps: Step[] = []
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!
    if (character === '*') steps.push('any number')
    else if (character === '?') steps.push(one => one !== '/')
    else if (character === '[') {
      const { test, end } = classAt(characters, at + 1, pattern)
      steps.push(test)
      at = end
    } else {
      const wanted = character === '\\' ? characters[++at] : character
      if (wanted === undefined) throw broken(pattern)
      steps.push(one => one === wanted)
    }
  }
  return steps
}

/** The class that begins at `at`, behind its bracket; `end` is where it closes. */
function classAt(characters: readonly string[], from: number, pattern: string): { test: (character: string) => boolean; end: number } {
  let at = from
  const not = characters[at] === '^'
  if (not) at++
  const ranges: [low: string, high: string][] = []
  const read = (): string => {
    if (characters[at] === '\\') at++
    const character = characters[at++]
    if (character === undefined) throw broken(pattern)
    return character
  }
  while (characters[at] !== ']' || ranges.length === 0) {
    if (characters[at] === ']') throw broken(pattern)
    const low = read()
    if (characters[at] !== '-') ranges.push([low, low])
    else {
      at++
      ranges.push([low, read()])
    }
  }
  return { test: character => character !== '/' && ranges.some(([low, high]) => low <= character && character <= high) !== not, end: at }
}

const broken = (pattern: string) => new RangeError(`${JSON.stringify(pattern)} is no pattern of file names: a bracket or backslash has no end`)
