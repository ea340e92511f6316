/**
 * What Alloy's components and configuration blocks take and export, also those that are not here: a table that the command line
 * reads from a file and gives to the compile phases. The file has two parts, an empty line between them.
 *
 *     loki.write component generally-available 12 3     name, kind, stability (or community), arguments, exports (- for none)
 *
 *     url:string wal?{7} rule?*{8} stage@{9} "label"    line n, from 0, of the second part is shape n
 *
 * An attribute is `name:type`, a block `name{shape}`; `?` may be left out, `*` may be repeated, and `name@{9}` stands for the
 * blocks of shape 9, each with `name.` before it. Types: words (`string`, `duration`, ...), `[list]`, `{map}`,
 * `<capsule>`, `#object`, and `~text` of which only some words are good (words.ts).
 */

import type { Stability } from '../../components/contract/schema.ts'

export type SimpleType = 'any' | 'string' | 'number' | 'bool' | 'duration' | 'size' | 'url' | 'regexp' | 'template' | 'secret' | 'optional_secret' | 'target'

/** The type of an attribute. */
export type ValueType =
  | { readonly kind: SimpleType }
  | { readonly kind: 'words'; readonly name: string }
  | { readonly kind: 'capsule'; readonly name: string }
  | { readonly kind: 'list' | 'map'; readonly of: ValueType }
  | { readonly kind: 'object'; readonly shape: () => Shape }

export type ShapeField =
  | { readonly form: 'attribute'; readonly required: boolean; readonly type: ValueType }
  | { readonly form: 'block' | 'blocks'; readonly required: boolean; readonly shape: () => Shape }

/** What a body may hold, by name, in the order in which what is missing is reported. */
export interface Shape {
  readonly fields: ReadonlyMap<string, ShapeField>
  /** The block has a label. */
  readonly labelled: boolean
}

/** A component, a block of the language (`config`), or a service, which stands once and has no label. */
export interface Known {
  readonly kind: 'component' | 'config' | 'service'
  readonly level: Stability | 'community'
  /** Absent for a service that cannot be configured. */
  readonly args: Shape | undefined
  readonly exports: Shape | undefined
}

export interface Shapes {
  readonly names: readonly string[]
  readonly get: (name: string) => Known | undefined
}

/** Reads the table; shapes are made when they are first asked for. */
export function parseShapes(text: string): Shapes {
  const lines = text.split('\n').filter(line => !line.startsWith('#'))
  const border = lines.indexOf('')
  const bodies = lines.slice(border + 1)
  const made = new Map<number, Shape>()
  const shape = (number: number): Shape => {
    const known = made.get(number)
    if (known !== undefined) return known
    const fields = new Map<string, ShapeField>()
    const words = bodies[number]!.split(' ').filter(word => word !== '')
    const result = { fields, labelled: words.includes('"label"') }
    // Before its fields are there: a shape can hold itself.
    made.set(number, result)
    for (const word of words) for (const [name, field] of parseField(word, shape)) fields.set(name, field)
    return result
  }
  const known = new Map(lines.slice(0, border).map(line => {
    const [name, kind, level, args, exports] = line.split(' ') as [string, Known['kind'], Known['level'], string, string]
    const part = (text: string) => (text === '-' ? undefined : shape(Number(text)))
    return [name, { kind, level, get args() { return part(args) }, get exports() { return part(exports) } }] as const
  }))
  return { names: [...known.keys()], get: name => known.get(name) }
}

type Find = (number: number) => Shape

function parseField(word: string, find: Find): (readonly [string, ShapeField])[] {
  const [, name, mark, rest] = /^([\w.]+)([?*@]*)(.*)$/.exec(word) ?? []
  if (name === undefined) return []
  const required = !mark!.includes('?')
  if (rest!.startsWith(':')) return [[name, { form: 'attribute', required, type: parseType(rest!.slice(1), find) }]]
  const number = Number(rest!.slice(1, -1))
  if (mark === '@') {
    return [...find(number).fields].flatMap(([inner, field]) =>
      (field.form === 'attribute' ? [] : [[`${name}.${inner}`, { form: 'blocks' as const, required: false, shape: field.shape }] as const]))
  }
  return [[name, { form: mark!.includes('*') ? 'blocks' : 'block', required, shape: () => find(number) }]]
}

function parseType(text: string, find: Find): ValueType {
  const inner = text.slice(1, -1)
  switch (text[0]) {
    case '[': return { kind: 'list', of: parseType(inner, find) }
    case '{': return { kind: 'map', of: parseType(inner, find) }
    case '<': return { kind: 'capsule', name: inner }
    case '#': return { kind: 'object', shape: () => find(Number(text.slice(1))) }
    case '~': return { kind: 'words', name: text.slice(1) }
    default: return { kind: text as SimpleType }
  }
}

/** A type as messages name it, and as the fields of contract/schema.ts do: `list(capsule("otelcol.Consumer"))`. */
export function typeText(type: ValueType): string {
  switch (type.kind) {
    case 'list':
    case 'map': return `${type.kind}(${typeText(type.of)})`
    case 'capsule': return `capsule(${JSON.stringify(type.name)})`
    case 'target': return 'map(string)'
    case 'words':
    case 'url':
    case 'regexp':
    case 'template': return 'string'
    default: return type.kind
  }
}

/** What Alloy calls the type where a value does not fit. */
export function plainName({ kind }: ValueType): string {
  switch (kind) {
    case 'any':
    case 'secret':
    case 'optional_secret':
    case 'target':
    case 'capsule': return 'capsule'
    case 'list': return 'array'
    case 'map':
    case 'object': return 'object'
    case 'number':
    case 'bool': return kind
    default: return 'string'
  }
}
