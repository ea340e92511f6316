/**
 * Modules and foreach at work: the configurations of Alloy's runtime tests, run with stand-ins for its test components. The first
 * halves only: what happens after a module changes belongs to live modules.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { defineComponent, type Definition } from '../../../src/components/contract/define.ts'
import { anything, args, duration, integer, list, string } from '../../../src/components/contract/schema.ts'
import type { Source } from '../../../src/graph/compile/1-load.ts'
import { compile } from '../../../src/graph/compile/compile.ts'
import { Graph } from '../../../src/graph/run/graph.ts'
import { stdlib } from '../../../src/language/stdlib/index.ts'
import { Capsule, isObject, type Value } from '../../../src/language/value.ts'
import { memoryStore } from '../../../src/state/stores/memory.ts'
import { caseSet, filesBelow, readFacts, type CaseResult } from '../set.ts'

/** What the summing components have seen; made anew for every case. */
interface World { sum: number; last: number; strings: string[] }

type Send = (value: unknown) => void
const receiver = (send: Send) => new Capsule('testcomponents.Receiver', send)
const sendAll = (receivers: readonly unknown[], value: unknown) => { for (const one of receivers) ((one as Capsule).payload as Send)(value) }

/** A value as Go's %#v writes it. */
function goSyntax(value: Value): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (isObject(value)) return `map[string]interface {}{${Object.keys(value).sort().map(key => `${JSON.stringify(key)}:${goSyntax(value[key]!)}`).join(', ')}}`
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}

function testComponents(world: World): Record<string, Definition> {
  const gone = { stability: 'generally-available' as const, args: args({}), build: () => ({}) }
  const definitions = [
    defineComponent({
      name: 'testcomponents.count', stability: 'generally-available', exports: { count: 'any' },
      args: args({ frequency: duration({ required: true }), max: integer({ required: true }) }),
      build: ({ max }) => {
        let count = 0
        return { refresh: { everyMs: 1, run: async () => ({ count: BigInt(count < max ? ++count : count) }) } }
      },
    }),
    defineComponent({
      name: 'testcomponents.tick', stability: 'generally-available', exports: { tick_time: 'any' },
      args: args({ frequency: duration({ required: true }) }),
      build: () => ({ refresh: { everyMs: 1, run: async call => ({ tick_time: BigInt(call.now()) }) } }),
    }),
    defineComponent({
      name: 'testcomponents.passthrough', stability: 'generally-available', exports: { output: 'any' },
      args: args({ input: anything({ required: true }), lag: duration({ default: '0s' }) }),
      build: ({ input }) => ({ exports: { output: input } }),
    }),
    defineComponent({
      name: 'testcomponents.summation', stability: 'generally-available', exports: { sum: 'any', last_added: 'any' },
      args: args({ input: integer({ required: true }) }),
      build: ({ input }) => {
        world.sum += input
        world.last = input
        return { exports: { sum: BigInt(world.sum), last_added: BigInt(input) } }
      },
    }),
    defineComponent({
      name: 'testcomponents.pulse', stability: 'generally-available',
      args: args({ frequency: duration({ required: true }), max: integer({ required: true }), forward_to: list(anything({ required: true }), { required: true }) }),
      build: ({ max, forward_to }) => {
        let sent = 0
        return { schedule: { everyMs: 1, run: async () => { if (sent++ < max) sendAll(forward_to, 1) } } }
      },
    }),
    defineComponent({
      name: 'testcomponents.summation_receiver', stability: 'generally-available', exports: { receiver: 'any', sum: 'any', last_added: 'any' }, args: args({}),
      build: () => ({ exports: { receiver: receiver(value => { world.sum += Number(value); world.last = world.sum }), sum: 0n, last_added: 0n } }),
    }),
    defineComponent({
      name: 'testcomponents.string_receiver', stability: 'generally-available', exports: { receiver: 'any' }, args: args({}),
      build: () => ({ exports: { receiver: receiver(value => { world.strings.push(value as string) }) } }),
    }),
    defineComponent({
      name: 'testcomponents.stringer', stability: 'generally-available',
      args: args({
        input_string: anything(), input_int: anything(), input_float: anything(), input_bool: anything(), input_map: anything(), input_array: anything(),
        forward_to: list(anything({ required: true }), { required: true }),
      }),
      build: ({ forward_to, ...inputs }) => ({
        schedule: { everyMs: 1_000_000, run: async () => { for (const input of Object.values(inputs)) if (input !== undefined) sendAll(forward_to, goSyntax(input)) } },
      }),
    }),
    defineComponent({
      ...gone, name: 'testcomponents.community', community: true, args: args({ input: integer({ default: 0 }) }), exports: { output: 'any' },
      build: ({ input }) => ({ exports: { output: BigInt(input) } }),
    }),
    defineComponent({ name: 'logging', singleton: true, stability: 'generally-available', args: args({ level: string(), format: string() }), build: () => ({}) }),
    defineComponent({ ...gone, name: 'testcomponents.experimental', stability: 'experimental' }),
    defineComponent({ ...gone, name: 'testcomponents.fake', args: args({ name: string() }) }),
  ]
  return Object.fromEntries(definitions.map(definition => [definition.name, definition]))
}

async function run(files: ReadonlyMap<string, string>, stability: 'experimental' | 'public-preview', communityComponents = false) {
  const world: World = { sum: 0, last: 0, strings: [] }
  const components = testComponents(world)
  const readModule = async (name: string): Promise<{ sources: Source[]; path: string }> => {
    const clean = path.posix.normalize(name)
    const own = files.get(clean)
    if (own !== undefined) return { sources: [{ file: clean, text: own }], path: path.posix.dirname(clean) }
    // The cases that import a folder keep its files at the top of the archive, under a folder that their runner makes.
    const folder = clean.replace(/^tmpTest\/?/, '')
    const inside = [...files].filter(([file]) => file.endsWith('.alloy') && file !== 'main.alloy' && path.posix.dirname(file) === (folder === '' ? '.' : folder) && !/^(update_|added)/.test(path.posix.basename(file)))
    if (inside.length === 0) throw new Error('no such file')
    return { sources: inside.map(([file, text]) => ({ file, text })), path: clean }
  }
  const library = stdlib(() => '')
  const { plan, diagnostics } = await compile([{ file: 'main.alloy', text: files.get('main.alloy') ?? '' }], {
    lookup: async name => components[name], names: Object.keys(components), functions: library, stability, communityComponents, readModule,
  })
  if (plan === undefined) return { world, error: diagnostics.map(({ message }) => message).join('\n') }
  let now = 0
  const clock = () => now
  const graph = new Graph({ plan, components, functions: () => library, openers: {} }, {
    platform: 'node', shareIo: true, now: clock, random: () => 0.5, env: () => undefined, print: () => {}, log: () => {},
    fetch: async () => { throw new Error('no network') }, sleep: async () => {}, within: (_ms, signal, work) => work(signal), store: memoryStore({ now: clock, random: () => 0.5 }),
  })
  for (let tick = 0; tick < 40; tick++) {
    now += 10
    await graph.tick(new AbortController().signal)
  }
  return { world, error: graph.nodes.filter(({ health }) => health.state === 'unhealthy').map(({ id, health }) => `${id}: ${health.message}`).join('\n') }
}

function parse(text: string): Map<string, string> {
  const files = new Map<string, string>()
  let name = ''
  for (const line of text.split('\n')) {
    const found = /^-- (.+) --$/.exec(line)?.[1]
    if (found !== undefined) files.set(name = found, '')
    else if (name !== '') files.set(name, `${files.get(name)!}${line}\n`)
  }
  return files
}

async function txtarCase(name: string, text: string): Promise<CaseResult> {
  const files = parse(text)
  const wanted = files.get('error')?.trim()
  const { world, error } = await run(files, name.includes('import_error') ? 'public-preview' : 'experimental')
  if (wanted !== undefined) return error.includes(wanted) ? { name } : { name, problem: `wanted the error ${JSON.stringify(wanted)}, got ${JSON.stringify(error)}` }
  if (error !== '') return { name, problem: error.split('\n')[0]! }
  const printed = [...files].find(([file]) => file.startsWith('expected_debug_info'))?.[1].trim()
  if (printed !== undefined) {
    const got = world.strings.sort().join('\n')
    const expected = printed.split('\n').sort().join('\n')
    return got.split('\n').every(line => expected.includes(line)) && got !== '' ? { name } : { name, problem: `got ${JSON.stringify(got)}, wanted ${JSON.stringify(expected)}` }
  }
  return world.last >= 10 ? { name } : { name, problem: `last_added is ${world.last}` }
}

async function* txtarCases(root: string) {
  for (const folder of ['import_file', 'import_file_folder', 'import_string', 'import_error', 'import_git', 'foreach', 'foreach_metrics', 'foreach_stringer']) {
    for (const file of filesBelow(root, `runtime-txtar/${folder}`, '.txtar')) yield await txtarCase(file, readFileSync(path.join(root, file), 'utf8'))
  }
}

async function* declareCases(root: string) {
  const { cases } = readFacts<{ cases: { name: string; config: string; expected_sum_last_added?: number; error_regex?: string; error_contains?: string; error?: boolean }[] }>(root, 'runtime-declare')
  for (const { name, config, expected_sum_last_added: sum, error_regex: wanted, error_contains: part, error: fails } of cases) {
    const { world, error } = await run(new Map([['main.alloy', config]]), 'experimental', name.includes('Community'))
    if (part !== undefined || fails === true) {
      yield error !== '' && error.includes(part ?? '') ? { name } : { name, problem: `wanted an error ${part ?? ''}, got ${JSON.stringify(error)}` }
      continue
    }
    if (wanted !== undefined) yield new RegExp(wanted).test(error) ? { name } : { name, problem: `wanted ${wanted}, got ${JSON.stringify(error)}` }
    else if (error !== '') yield { name, problem: error.split('\n')[0]! }
    else yield sum === undefined || world.last === sum ? { name } : { name, problem: `last_added is ${world.last}, not ${sum}` }
  }
}

export const sets = [
  caseSet('runtime-txtar', ['runtime-txtar'], txtarCases),
  caseSet('runtime-declare', ['facts/runtime-declare.json'], declareCases),
]
