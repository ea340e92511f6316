/** What a configuration asks for, against what the target platform has: the table of `limits.ts`, applied. Said with or without advice. */

import type { Platform } from '../../components/contract/define.ts'
import type { Call } from '../../language/ast.ts'
import { nameSpan, walkExpression, walkStatements } from '../../language/ast.ts'
import { literalValue } from '../../language/literal.ts'
import type { Problem } from '../../language/messages.ts'
import { chainOf } from '../../language/references.ts'
import { utf8 } from '../../lib/bytes.ts'
import type { CheckedNode } from './3-check.ts'
import { argumentsOf } from './arguments.ts'
import { fanOuts, stationsOf } from './advice-flow.ts'
import { adviceMessages as messages } from './advice-messages.ts'
import { limits, sizeText, type Limits } from './limits.ts'
import type { Say } from './report.ts'

/** Warns of what cannot be used on `target`, or not as it is meant. */
export function adviseLimits(nodes: readonly CheckedNode[], target: Platform, report: Say): void {
  const limit = limits[target]
  for (const node of nodes) {
    argumentLimits(node, limit, report)
    interval(node, limit, report)
  }
  connections(nodes, limit, report)
  variables(nodes, limit, report)
}

/** Sizes and times that are written out; defaults are Alloy's, and no one asked for them. */
function argumentLimits({ definition, body, args, file }: CheckedNode, { name: platform, request, answer }: Limits, report: Say): void {
  for (const { path, field, value, written } of argumentsOf(definition?.args ?? {}, body, args)) {
    if (written === undefined || typeof value !== 'number') continue
    const name = String(path.at(-1))
    if (field.means === 'request-size' && request !== undefined && value > request.bytes) {
      report(file, written.value, messages.body(name, value, platform, request.bytes, request.why))
    }
    if (field.means === 'answer-time' && answer !== undefined && value > answer.ms) report(file, written.value, messages.answerTime(name, platform, answer.why))
  }
}

function interval({ id, instance, file, block }: CheckedNode, { name: platform, tick }: Limits, report: Say): void {
  const everyMs = instance?.schedule?.everyMs
  if (everyMs === undefined || tick === undefined || everyMs >= tick.ms) return
  report(file, nameSpan(block), messages.interval(id, everyMs / 1000, platform, tick.met))
}

function connections(nodes: readonly CheckedNode[], { name: platform, connections: most }: Limits, report: Say): void {
  if (most === undefined) return
  const count = fanOuts(stationsOf(nodes))
  for (const { id, instance, file, block } of nodes) {
    if (Object.keys(instance?.routes ?? {}).length === 0) continue
    const destinations = count(id, 'data')
    if (destinations > most) report(file, nameSpan(block), messages.connections(id, destinations, platform, most))
  }
}

/** Variables of the environment whose names are written out; the values are not known, so only what the names take counts. */
function variables(nodes: readonly CheckedNode[], { name: platform, variables: room }: Limits, report: Say): void {
  if (room === undefined) return
  const read = new Map<string, { file: number; call: Call }>()
  for (const { body, file } of nodes) for (const call of calls(body)) {
    const name = variableOf(call)
    if (name !== undefined && !read.has(name)) read.set(name, { file, call })
  }
  let bytes = 0
  for (const [index, [name, { file, call }]] of [...read].entries()) {
    bytes += utf8(name).length
    const tooMany = room.count !== undefined && index === room.count
    const tooLong = room.bytes !== undefined && bytes > room.bytes && bytes - utf8(name).length <= room.bytes
    if (tooMany) report(file, call, messages.variables(`${read.size} variables`, platform, String(room.count)))
    if (tooLong) report(file, call, messages.variables('variables whose names alone are too long', platform, `${room.bytes} bytes of names and values`))
  }
}

/** What is to be said of a bundle of so many bytes, before and after gzip. */
export function bundleProblem(target: Platform, bytes: Record<'plain' | 'gzip', number>): Problem | undefined {
  const { name: platform, bundle } = limits[target]
  if (bundle === undefined) return undefined
  const size = bytes[bundle.measured]
  const how = bundle.measured === 'gzip' ? ' after gzip' : ''
  if (size > bundle.most) return messages.bundle(sizeText(size), how, platform, sizeText(bundle.most))
  return bundle.free !== undefined && size > bundle.free ? messages.bundleFree(sizeText(size), how, platform, sizeText(bundle.free)) : undefined
}

function calls(body: CheckedNode['body']): Call[] {
  const found: Call[] = []
  walkStatements(body, statement => {
    if (statement.kind === 'attribute') walkExpression(statement.value, node => { if (node.kind === 'call') found.push(node) })
  })
  return found
}

/** The name that a call of `sys.env` reads, where it is written out. */
function variableOf({ value, args: [name] }: Call): string | undefined {
  const path = chainOf(value)?.path.join('.')
  if ((path !== 'sys.env' && path !== 'env') || name?.kind !== 'literal' || name.type !== 'string') return undefined
  return literalValue(name) as string
}
