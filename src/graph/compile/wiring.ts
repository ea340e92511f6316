/** Types along the edges of the graph: what a component exports against the argument that it feeds. */

import type { Evaluated, Problem } from '../../components/contract/decode.ts'
import { exposed, type Fields } from '../../components/contract/schema.ts'
import { Unknown } from '../../language/value.ts'

/**
 * Arguments that are lists or maps and are given an export that is none, or one of something else; `decode` takes a whole list that
 * is not known yet for whatever it should be.
 */
export function* unfit(fields: Fields, body: Evaluated, path: readonly string[] = []): Generator<Problem> {
  for (const { name, value, at } of body.attributes) {
    const field = fields[name]
    if (field?.form !== 'attribute' || !(value instanceof Unknown) || value.type === undefined || !/^(list|map)\(/.test(field.type)) continue
    if (!assignable(value.type, field.type)) yield { kind: 'invalid', name: [...path, name].join('.'), at, path: [], text: `should be ${field.type}, got ${value.type}` }
  }
  for (const { name, body: inner } of body.blocks) {
    const field = fields[name]
    if (field?.fields !== undefined) yield* unfit(field.fields, inner, [...path, name])
  }
}

/** Whether a value of one type may stand where another is wanted, as far as lists, maps and capsules tell. */
function assignable(from: string, to: string): boolean {
  if (from === 'any' || to === 'any') return true
  const [outer, inner] = [/^(list|map)\((.*)\)$/.exec(from), /^(list|map)\((.*)\)$/.exec(to)]
  if (outer !== null && inner !== null) return outer[1] === inner[1] && assignable(outer[2]!, inner[2]!)
  if (outer !== null || inner !== null || (from === 'secret' && to === 'string')) return false
  const capsules = [from, to].filter(type => type.startsWith('capsule('))
  return capsules.length === 0 || from === to
}

/** What flows through a capsule, and which component turns one into another. */
const flows: Readonly<Record<string, string>> = {
  'otelcol.Consumer': 'OpenTelemetry data', 'storage.Appendable': 'Prometheus metrics', 'loki.LogsReceiver': 'Loki logs', 'pyroscope.Appendable': 'profiles',
}
const bridges: Readonly<Record<string, string>> = {
  'storage.Appendable otelcol.Consumer': 'otelcol.receiver.prometheus', 'loki.LogsReceiver otelcol.Consumer': 'otelcol.receiver.loki',
  'otelcol.Consumer storage.Appendable': 'otelcol.exporter.prometheus', 'otelcol.Consumer loki.LogsReceiver': 'otelcol.exporter.loki',
}

/** Says what flows at both ends of a wire that does not fit (from `should be ..., got ...`), and what to put between them. */
export function wiringHint(argument: string, source: string, text: string): string | undefined {
  const [, wanted, got] = /^should be (?:list\()?capsule\("([^"]+)"\)\)?, got (?:list\()?capsule\("([^"]+)"\)\)?$/.exec(text) ?? []
  if (wanted === undefined || got === undefined) return undefined
  if (wanted === got) return `${argument} takes a list: write [${source}].`
  const [sends, takes] = [flows[wanted], flows[got]]
  if (sends === undefined || takes === undefined) return undefined
  const bridge = bridges[`${wanted} ${got}`]
  const out = bridge === undefined ? `Wire it to a component that takes ${sends}.` : `Put ${bridge} between them.`
  return `${argument} sends ${sends}, and ${source} takes ${takes}. ${out}`
}

/** Says what a secret would become where plain text is wanted, and how to give it all the same. */
export function secretHint(argument: string, source: string, text: string): string | undefined {
  if (text !== exposed && !text.endsWith('(secret)')) return undefined
  const way = text === exposed ? `Write convert.nonsensitive(${source}) where that is meant.` : 'Give each value by itself, in convert.nonsensitive where that is meant.'
  return `${argument} is plain text, so the secret would show in logs and pages. ${way}`
}
