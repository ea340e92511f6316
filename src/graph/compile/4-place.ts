/**
 * Phase 4, place: what the target makes of the graph. Which routes the one door serves, who may come in, which files travel with
 * the build, what cannot run there at all; then the Plan.
 */

import type { Instance } from '../../components/contract/define.ts'
import type { Field } from '../../components/contract/schema.ts'
import { nameSpan } from '../../language/ast.ts'
import type { Diagnostic } from '../../language/diagnostics.ts'
import { base64, hex, utf8 } from '../../lib/bytes.ts'
import { globFolder, globMatcher, isGlob } from '../../lib/glob.ts'
import type { Plan, PlanNode } from '../plan.ts'
import { locateArgument } from '../scope.ts'
import type { Checked, CheckedNode } from './3-check.ts'
import { advise } from './advice.ts'
import { argumentsOf } from './arguments.ts'
import { adviseLimits } from './advice-limits.ts'
import { adviceMessages } from './advice-messages.ts'
import { limits } from './limits.ts'
import type { CompileOptions } from './options.ts'
import { graphMessages as messages } from './messages.ts'
import { inTextOrder, reporter, type Report, type Say } from './report.ts'

/** A route of the one door. */
export interface Door {
  readonly id: string
  readonly method: string
  /** The receiver's native path. */
  readonly path: string
  /** Whether the native path alone leads here; otherwise only `/api/v0/component/<id>/<path>` does. */
  readonly short: boolean
}

export async function place(checked: Checked, options: CompileOptions, diagnostics: Diagnostic[]): Promise<{ plan: Plan; doors: Door[] }> {
  const report = reporter(checked.sources, diagnostics)
  const all = checked.nodes.filter(node => node.unused !== true)
  const doors = claim(all, report)
  fit(all, options, report)
  inTextOrder(report, say => {
    guard(all, options, say)
    if (options.advice === true) advise(checked.nodes, say)
    if (options.target !== undefined) adviseLimits(all, options.target, say)
  })
  const embedded = await embed(all, options, report)
  const kept = all.filter(node => options.withoutGuard !== true || node.instance?.guard === undefined)
  const nodes = kept.map((node): PlanNode => ({
    id: node.id,
    ...(node.definition !== undefined && { component: node.definition.name }),
    file: node.file,
    line: report.line(node.file, node.block.start),
    body: node.body,
    uses: node.uses,
  }))
  const content = { format: 1 as const, files: checked.sources.map(source => source.file), nodes, embedded }
  return { plan: { ...content, version: fingerprint(JSON.stringify(content)) }, doors }
}

/** Routes by what the instances declare; a path that several components claim belongs to none of them. */
function claim(nodes: readonly CheckedNode[], report: Report): Door[] {
  const claims = new Map<string, CheckedNode[]>()
  const listeners = new Map<string, CheckedNode[]>()
  const routes = nodes.flatMap(node => Object.keys(node.instance?.routes ?? {}).map(route => ({ node, route })))
  for (const { node, route } of routes) claims.set(route, [...(claims.get(route) ?? []), node])
  for (const node of nodes) {
    const at = listenAddress(node.instance)
    if (at !== undefined) listeners.set(at, [...(listeners.get(at) ?? []), node])
  }
  const contested = new Map<string, [string, CheckedNode[]][]>()
  for (const claim of claims) {
    if (claim[1].length < 2) continue
    // Receivers of one kind contest all of their paths: one warning for them.
    const key = claim[1].map(node => node.id).join(' ')
    contested.set(key, [...(contested.get(key) ?? []), claim])
  }
  for (const group of contested.values()) {
    const claimants = group[0]![1]
    const second = claimants[1]!
    report(second.file, nameSpan(second.block), messages.sharedPath(group.map(([route]) => route.split(' ')[1]!), claimants.map(node => node.id)))
  }
  for (const [address, claimants] of listeners) {
    if (claimants.length < 2) continue
    const second = claimants[1]!
    report(second.file, nameSpan(second.block), messages.sharedListener(address, claimants.map(node => node.id)))
  }
  return routes.map(({ node, route }) => {
    const [method, path] = route.split(' ') as [string, string]
    return { id: node.id, method, path, short: claims.get(route)!.length === 1 }
  })
}

const listenAddress = (instance: Instance | undefined) => instance?.listen && `${instance.listen.host}:${instance.listen.port}`

/** On the internet, every receiver needs a guard: its own, or the `http` block's. */
function guard(nodes: readonly CheckedNode[], options: CompileOptions, report: Say): void {
  const { requireAuthentication = false, advice = false } = options
  if (!requireAuthentication && !advice) return
  const message = requireAuthentication ? messages.unguarded : messages.unguardedWarning
  const guards = nodes.flatMap(({ instance }) => instance?.guard ?? [])
  for (const { instance, id, file, block } of nodes) {
    if (instance?.routes === undefined || instance.guarded === true) continue
    const open = Object.keys(instance.routes).some(route => {
      const path = route.split(' ')[1]!
      return !guards.some(guard => guard.asks([path, `/api/v0/component/${id}${path}`]))
    })
    if (open) report(file, nameSpan(block), message(id))
  }
}

function fit(nodes: readonly CheckedNode[], { target }: CompileOptions, report: Report): void {
  if (target === undefined) return
  for (const { definition, file, block } of nodes) {
    const reason = definition?.impossible?.[target]
    if (definition !== undefined && reason !== undefined) report(file, nameSpan(block), messages.impossible(definition.name, target, reason))
  }
}

/** Contents of the files that arguments name, for a target without a disk; a file with a secret in it never travels. */
async function embed(nodes: readonly CheckedNode[], { target, readFile, readFolder, advice }: CompileOptions, report: Report): Promise<Record<string, string>> {
  const embedded: Record<string, string> = {}
  if (target === undefined || target === 'node' || readFile === undefined) return embedded
  for (const { definition, args, file, block, body } of nodes) {
    for (const { path, field, value, siblings } of argumentsOf(definition?.args ?? {}, body, args)) {
      if (field.reads === undefined) continue
      const at = locateArgument(block.body, nameSpan(block), path)
      for (const name of [value].flat()) {
        if (typeof name !== 'string' || name === '') continue
        if (isSecretFile(field.reads, siblings)) {
          report(file, at, messages.secretFile(name))
          continue
        }
        try {
          for (const one of await matching(name, readFolder)) embedded[one] = base64(await readFile(one))
          if (advice === true) report(file, at, adviceMessages.frozenFile(name, limits[target].name))
        } catch (error) {
          report(file, at, messages.unreadableFile(name, error instanceof Error ? error.message : String(error)))
        }
      }
    }
  }
  return embedded
}

/** The files that a name means, which may be a pattern. */
async function matching(name: string, readFolder: CompileOptions['readFolder']): Promise<string[]> {
  if (!isGlob(name)) return [name]
  const folder = globFolder(name)
  const names = await readFolder?.(folder === '' ? '.' : folder) ?? []
  return names.map(one => folder + one).filter(globMatcher(name))
}

const isSecretFile = (reads: NonNullable<Field<unknown>['reads']>, siblings: Readonly<Record<string, unknown>>) =>
  (typeof reads === 'function' ? reads(siblings) : reads) === 'secret'

/** A short name for a content: FNV-1a, twice with different starts; it tells versions apart, it does not protect. */
function fingerprint(content: string): string {
  const bytes = utf8(content)
  const halves = [0x811c9dc5, 0x01000193].map(start => {
    let hash = start
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
    return hash
  })
  return hex(new Uint8Array(halves.flatMap(hash => [hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255, hash & 255])))
}
