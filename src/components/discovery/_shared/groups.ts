/** Target groups as Prometheus' file and HTTP discovery write them: `[{"targets": ["host:port"], "labels": {...}}]`. */

import { labels, type Target } from './targets.ts'

/** The targets of all groups, each with its group's labels and `extra`; throws an Error that says what is wrong with which group. */
export function readGroups(value: unknown, extra: Target): Target[] {
  // An empty file of YAML, and `null` in JSON, are no groups.
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw new Error('there should be a list of target groups')
  return value.flatMap((group: unknown, index) => readGroup(group, `group ${index + 1}`, extra))
}

function readGroup(group: unknown, place: string, extra: Target): Target[] {
  if (!isRecord(group)) throw new Error(`${place} is no object with targets and labels`)
  const unknown = Object.keys(group).find(key => key !== 'targets' && key !== 'labels')
  if (unknown !== undefined) throw new Error(`${place} has an unknown field ${JSON.stringify(unknown)}; there are targets and labels`)
  const targets = group['targets'] ?? []
  if (!Array.isArray(targets) || !targets.every(target => typeof target === 'string')) throw new Error(`the targets of ${place} are no list of strings`)
  const own = group['labels'] ?? {}
  if (!isRecord(own)) throw new Error(`the labels of ${place} are no object`)
  const wrong = Object.keys(own).find(name => typeof own[name] !== 'string')
  if (wrong !== undefined) throw new Error(`label ${JSON.stringify(wrong)} of ${place} is no string`)
  return targets.map(address => labels(own as Target, extra, { __address__: address }))
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
