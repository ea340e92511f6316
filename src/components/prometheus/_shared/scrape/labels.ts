/** The labels that a sample ends up with: its own and its target's, by Prometheus' rules, within the limits of the configuration. */

import { quoteGo } from '../../../../lib/go-quote.ts'
import { utf8 } from '../../../../lib/bytes.ts'
import { compareNames, isLegacyLabelName, isLegacyMetricName, renderLabels, type Label, type Labels } from '../../../../telemetry/labels.ts'

/** Bounds on the labels of one series; 0 is none. Lengths are bytes of UTF-8. */
export interface LabelLimits {
  readonly labels: number
  readonly nameLength: number
  readonly valueLength: number
}

/**
 * The labels of a sample that a target exposes as `exposed`, name included. Where both have a label, the target's counts and the
 * sample's is kept as `exported_...`; with `honor` the sample's counts. Empty labels are none, sorted by name are the rest.
 */
export function sampleLabels(exposed: readonly Label[], target: Labels, honor: boolean): Labels {
  if (!exposed.some(([name, value]) => value === '' || target.some(label => label[0] === name))) return sorted([...exposed, ...target])
  const labels = new Map(exposed)
  const conflicts: Label[] = []
  for (const [name, value] of target) {
    if (honor) {
      // An empty label says that there is to be none.
      if (!labels.has(name)) labels.set(name, value)
      continue
    }
    const own = labels.get(name) ?? ''
    if (own !== '') conflicts.push([name, own])
    labels.set(name, value)
  }
  // The shortest first, so that what was exported already makes way; sorting keeps the order of names of one length.
  for (const [name, value] of conflicts.sort((a, b) => utf8(a[0]).length - utf8(b[0]).length)) {
    let free = `exported_${name}`
    while ((labels.get(free) ?? '') !== '') free = `exported_${free}`
    labels.set(free, value)
  }
  return sorted([...labels].filter(([, value]) => value !== ''))
}

/** Labels are few and nearly in order, which is when inserting them one by one is fastest. */
function sorted(labels: Label[]): Labels {
  for (let i = 1; i < labels.length; i++) {
    const label = labels[i]!
    let at = i
    for (; at > 0 && compareNames(labels[at - 1]![0], label[0]) > 0; at--) labels[at] = labels[at - 1]!
    labels[at] = label
  }
  return labels
}

/** The labels of a series about the target itself, such as `up`. */
export const reportLabels = (name: string, target: Labels): Labels => sampleLabels([['__name__', name]], target, false)

/** Why a scrape fails by a series with these labels, which come of UTF-8, in Prometheus' words; undefined when it does not. */
export function labelProblem(labels: Labels, scheme: 'legacy' | 'utf8', limits: LabelLimits): string | undefined {
  const name = labels.find(label => label[0] === '__name__')?.[1]
  if (name === undefined) return 'missing metric name (__name__ label)'
  const legacy = scheme === 'legacy'
  const valid = (legacy ? isLegacyMetricName(name) : name !== '') && labels.every(([label]) => (legacy ? isLegacyLabelName(label) : label !== ''))
  if (!valid) return `invalid metric name or label names: ${renderLabels(labels)}`
  return limitProblem(name, labels, limits)
}

function limitProblem(name: string, labels: Labels, limits: LabelLimits): string | undefined {
  if (limits.labels > 0 && labels.length > limits.labels) {
    return `label_limit exceeded (metric: ${clipped(name)}, number of labels: ${labels.length}, limit: ${limits.labels})`
  }
  if (limits.nameLength === 0 && limits.valueLength === 0) return undefined
  for (const [label, value] of labels) {
    const [nameLength, valueLength] = [utf8(label).length, utf8(value).length]
    if (limits.nameLength > 0 && nameLength > limits.nameLength) {
      return `label_name_length_limit exceeded (metric: ${clipped(name)}, label name: ${clipped(label)}, length: ${nameLength}, limit: ${limits.nameLength})`
    }
    if (limits.valueLength > 0 && valueLength > limits.valueLength) {
      return `label_value_length_limit exceeded (metric: ${clipped(name)}, label name: ${clipped(label)}, value: ${quoteGo(clipped(value))}, `
        + `length: ${valueLength}, limit: ${limits.valueLength})`
    }
  }
  return undefined
}

/** As much of a text as Go's `%.50s` shows. */
const clipped = (text: string): string => [...text.slice(0, 100)].slice(0, 50).join('')
