import { compareNames, type Label, type Labels } from './labels.ts'

/** Labels on their way through the rules. An empty value is the same as none, so setting one deletes. */
export interface LabelSet {
  /** The value of a label, '' without one. */
  get(name: string): string
  set(name: string, value: string): void
  /** Deletes the labels whose names do not pass. */
  keep(test: (name: string) => boolean): void
  /** The names as they are now: what is set meanwhile does not show. */
  names(): readonly string[]
}

/** A label set that can be read back; sorted. */
export interface EditedLabels extends LabelSet {
  labels(): Labels
}

/** Up to here looking through all names beats building a map of them. */
const few = 32

export const editable = (labels: Labels): EditedLabels => (labels.length <= few ? new FewLabels(labels) : new ManyLabels(labels))

/** Names and values side by side, always in order. */
class FewLabels implements EditedLabels {
  private readonly keys: string[] = []
  private readonly values: string[] = []

  constructor(labels: Labels) {
    for (const label of labels) {
      this.keys.push(label[0])
      this.values.push(label[1])
    }
  }

  get(name: string): string {
    const at = this.keys.indexOf(name)
    return at < 0 ? '' : this.values[at]!
  }

  set(name: string, value: string): void {
    const { keys, values } = this
    let at = keys.indexOf(name)
    if (value === '') {
      if (at < 0) return
      keys.splice(at, 1)
      values.splice(at, 1)
    } else if (at >= 0) values[at] = value
    else {
      at = keys.length
      while (at > 0 && compareNames(keys[at - 1]!, name) > 0) at--
      keys.splice(at, 0, name)
      values.splice(at, 0, value)
    }
  }

  keep(test: (name: string) => boolean): void {
    const { keys, values } = this
    let kept = 0
    for (let i = 0; i < keys.length; i++) {
      if (!test(keys[i]!)) continue
      keys[kept] = keys[i]!
      values[kept++] = values[i]!
    }
    keys.length = values.length = kept
  }

  names(): string[] {
    return this.keys.slice()
  }

  labels(): Labels {
    const labels: Label[] = []
    for (let i = 0; i < this.keys.length; i++) labels.push([this.keys[i]!, this.values[i]!])
    return labels
  }
}

class ManyLabels implements EditedLabels {
  private readonly map: Map<string, string>

  constructor(labels: Labels) {
    this.map = new Map(labels)
  }

  get(name: string): string {
    return this.map.get(name) ?? ''
  }

  set(name: string, value: string): void {
    if (value === '') this.map.delete(name)
    else this.map.set(name, value)
  }

  keep(test: (name: string) => boolean): void {
    for (const name of this.map.keys()) if (!test(name)) this.map.delete(name)
  }

  names(): string[] {
    return [...this.map.keys()]
  }

  labels(): Labels {
    return [...this.map].sort((a, b) => compareNames(a[0], b[0]))
  }
}
