/** What `sluice run` prints once it serves: the routes, what each component does with the data, and a line to try it. */

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { catalog } from '../components/catalog.gen.ts'
import type { Compiled } from '../graph/compile/compile.ts'
import type { Door } from '../graph/compile/4-place.ts'

const componentFolder = path.resolve(import.meta.dirname, '../components')

export async function describe(compiled: Compiled & { plan: object }, url: string, platform: string): Promise<string> {
  const { doors, plan } = compiled
  const routes = doors.map(door => `  ${door.method.padEnd(5)} ${url}${address(door)}\n        -> ${door.id}`)
  const nodes = await Promise.all(plan.nodes.map(async ({ id, component, uses }) => {
    if (component === undefined) return undefined
    const sends = uses.length === 0 ? '' : `\n      -> ${uses.map(use => use.id).join(', ')}`
    return `  ${id}\n      ${await purpose(component)}${sends}`
  }))
  return [
    `Sluice serves on ${url} (${platform}). Ctrl-C stops it.`,
    `\nRoutes\n${routes.length === 0 ? '  none: no component receives data' : routes.join('\n')}\n  GET   ${url}/\n        -> components, health, last errors`,
    // Sources first: the plan has dependencies first, which is the data's way backwards.
    `\nComponents\n${nodes.reverse().filter(node => node !== undefined).join('\n')}`,
    ...trial(doors, url),
    '',
  ].join('\n')
}

const address = ({ id, path: native, short }: Door) => (short ? native : `/api/v0/component/${id}${native}`)

/** The sentence above a component's definition: the sources ship with the command, so there is no second place for it. */
async function purpose(component: string): Promise<string> {
  const source = await readFile(path.join(componentFolder, catalog[component]!), 'utf8')
  const comment = /\/\*\*((?:(?!\*\/).)*)\*\/\s*export default defineComponent/s.exec(source)?.[1] ?? ''
  return comment.replace(/^\s*\* ?/gm, '').trim().split('\n\n')[0]!.replace(/\s+/g, ' ')
}

/** A span to send, if someone takes spans. */
function trial(doors: readonly Door[], url: string): string[] {
  const door = doors.find(({ method, path: native }) => method === 'POST' && native.endsWith('/v1/traces'))
  if (door === undefined) return []
  const start = `${Math.floor(Date.now() / 1000)}000000000`
  const span = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'hello from curl', kind: 2, startTimeUnixNano: start, endTimeUnixNano: start }
  const body = { resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'curl' } }] }, scopeSpans: [{ spans: [span] }] }] }
  return [`\nTry it: send a span, and see it arrive here\n  curl -i ${url}${address(door)} -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`]
}
