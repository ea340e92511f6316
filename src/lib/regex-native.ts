/**
 * Which patterns the engine's own RegExp may match in place of RE2. A pattern qualifies when its answers are the same, down to groups
 * and priorities, and when backtracking over it takes time linear in the text:
 *
 * - It is made of characters, classes, groups, alternatives and repetitions of *single* characters or classes (a group may at most be
 *   optional). There JavaScript and RE2 agree once classes, dots and escapes are spelled out (regex-syntax.ts does that).
 * - At nearly every choice the next character decides, so that what was chosen wrongly fails at once. At most one unbounded
 *   repetition may be in doubt, and then what follows it may not run over the text again and again: it is short, or it begins with a
 *   character that no repetition in it can run across (`(.+):(\d+)`), or it ends by accepting everything.
 * - A search that may begin anywhere has to pass the same test as a whole.
 */

import type { RegexFlags } from './regex.ts'
import { intersects, isUniversal, parseSimple, union, type Node, type Ranges } from './regex-syntax.ts'

export interface NativeRegex {
  /** Global and in Unicode mode: set `lastIndex` before use. */
  readonly regexp: RegExp
  /** Names of groups by index, as in Regex. */
  readonly names: readonly string[]
}

/** How often doubtful choices of bounded length may multiply the work. */
const maxFactor = 64
/** How long what is tried at every position may be. */
const maxLength = 256

/** The RegExp that answers as RE2 would, in linear time; undefined where that is not proven (or the pattern is not valid). */
export function nativeEquivalent(source: string, flags: RegexFlags): NativeRegex | undefined {
  const parsed = parseSimple(source, flags.anchored === true || flags.dotAll === true)
  if (parsed === undefined) return undefined
  const begins = parsed.begins || flags.anchored === true
  const ends = parsed.ends || flags.anchored === true
  const choices = new Choices()
  choices.first(parsed.node, [])
  if (choices.factor > maxFactor || choices.doubtful > 1) return undefined
  if (choices.doubtful === 1 && !(begins && runsOnce(parsed.node, choices.doubt!, ends))) return undefined
  if (!begins && !stepsBounded(flatten(parsed.node), ends)) return undefined
  // Nothing needs to be anchored around what matches in any case.
  const body = parsed.node.kind === 'any of' ? `(?:${parsed.js})` : parsed.js
  return { regexp: new RegExp(`${begins ? '^' : ''}${body}${ends ? '$' : ''}`, 'gu'), names: parsed.names }
}

type Repeat = Extract<Node, { kind: 'repeat' }>

/** Finds the choices of a pattern that the next character does not decide, going through it backwards. */
class Choices {
  doubtful = 0
  doubt: Repeat | undefined
  factor = 1

  /** The characters with which `node`, followed by something that begins with `follow`, can begin. */
  first(node: Node, follow: Ranges): Ranges {
    switch (node.kind) {
      case 'set': return node.set
      case 'all of': return node.items.reduceRight((after, item) => this.first(item, after), follow)
      case 'group': return this.first(node.item, follow)
      case 'optional': {
        const inner = this.first(node.item, follow)
        if (intersects(inner, follow)) this.factor *= 2
        return union(inner, follow)
      }
      case 'any of': {
        let all: Ranges = []
        let clash = false
        for (const item of node.items) {
          const one = this.first(item, follow)
          clash ||= intersects(all, one)
          all = union(all, one)
        }
        if (clash) this.factor *= node.items.length
        return all
      }
      case 'repeat': {
        if (node.max > node.min && intersects(node.set, follow)) {
          if (node.max === Infinity) {
            this.doubtful++
            this.doubt = node
          } else this.factor *= node.max - node.min + 1
        }
        return node.min === 0 ? union(node.set, follow) : node.set
      }
    }
  }
}

/** One step of a pattern laid out flat; what stands in alternatives or optional groups is not certain to be met. */
interface Step {
  readonly node: Node
  readonly set: Ranges
  readonly min: number
  readonly max: number
  readonly certain: boolean
}

function flatten(node: Node, certain = true): Step[] {
  switch (node.kind) {
    case 'set': return [{ node, set: node.set, min: 1, max: 1, certain }]
    case 'repeat': return [{ node, set: node.set, min: node.min, max: node.max, certain }]
    case 'group': return flatten(node.item, certain)
    case 'optional': return flatten(node.item, false)
    case 'all of': return node.items.flatMap(item => flatten(item, certain))
    case 'any of': return node.items.flatMap(item => flatten(item, false))
  }
}

/** Whether trying what follows the doubtful repetition at every position takes linear time in all. */
function runsOnce(root: Node, doubt: Repeat, ends: boolean): boolean {
  const steps = flatten(root)
  const at = steps.findIndex(step => step.node === doubt)
  return steps[at]!.certain && stepsBounded(steps.slice(at + 1), ends)
}

/** Whether these steps, begun at every position of a text, take linear time in all; `ends` says that the text has to end behind them. */
function stepsBounded(steps: readonly Step[], ends: boolean): boolean {
  const last = steps.at(-1)
  // Reaching a repetition at the end that cannot fail is success, and success comes once.
  const sure = last !== undefined && last.certain && last.max === Infinity && last.min <= 1 && (!ends || isUniversal(last.set))
  const counted = sure ? steps.slice(0, -1) : steps
  let before = 0
  for (const [i, step] of counted.entries()) {
    const rest = counted.slice(i + 1)
    // A character that nothing behind it can run across keeps the runs of different beginnings apart.
    if (step.certain && step.min === 1 && step.max === 1 && !rest.some(other => other.max === Infinity && intersects(other.set, step.set))) return true
    before += step.max
    if (before > maxLength) return false
  }
  return true
}
