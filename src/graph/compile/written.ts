/**
 * The configuration as it is written, module by module, before anything is expanded or evaluated: what `alloy validate` checks, in
 * its order, its words and its places. Declares come first, then the language's own blocks, components and services; each says what
 * is wrong with itself, then its body, then what it refers to; circles come last.
 */

import { stabilities, type Stability } from '../../components/contract/schema.ts'
import { headSpan, nameSpan, walkStatements, type Block, type Statement } from '../../language/ast.ts'
import { literalValue } from '../../language/literal.ts'
import type { Problem } from '../../language/message.ts'
import { references } from '../../language/references.ts'
import type { Span } from '../../language/source.ts'
import { deprecatedGlobal, isLibraryName, stabilityOf } from '../../language/stdlib/catalog.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Located } from './1-load.ts'
import { connected } from './circles.ts'
import { graphMessages as messages } from './messages.ts'
import type { Report } from './report.ts'
import type { Shape, Shapes } from './shapes.ts'
import { checkBody } from './written-types.ts'

export interface WrittenOptions {
  readonly shapes: Shapes
  readonly stability: Stability
  readonly communityComponents?: boolean
}

/** A block, and what is wrong with it before its body is looked at. */
interface Part {
  readonly file: number
  readonly block: Block
  /** By which it is referred to: `loki.write.default`. */
  readonly id: string
  readonly problems: { readonly span: Span; readonly problem: Problem }[]
  /** What is checked here; that of a declare or a template is `inner`. */
  readonly body: readonly Statement[]
  readonly shape?: Shape | undefined
  readonly component?: true
  readonly inner?: Module
}

/** What stands directly in the configuration, in one `declare` or in one template of a `foreach`. */
interface Module {
  readonly place: 'root' | 'declare' | 'foreach'
  /** Of the configuration itself, or a foreach there: arguments and exports have no place in it. */
  readonly root: boolean
  /** Where names of components are looked for next. */
  readonly around: Module | undefined
  readonly parts: Part[]
  readonly byId: Map<string, Part>
  /** Components made here: the shape of a declare's arguments, or nothing known of an import's. */
  readonly made: Map<string, Shape | undefined>
  /** Names that expressions see beside components and the standard library. */
  readonly names: Set<string>
  readonly arguments: Block[]
}

/** Reports what is wrong with one configuration; `place` is `declare` for the text of a module. */
export function checkWritten(statements: readonly Located[], options: WrittenOptions, report: Report, place: 'root' | 'declare' = 'root'): void {
  const blocks = statements.flatMap(({ file, statement }) => (statement.kind === 'block' ? [{ file, block: statement }] : []))
  const module = read(blocks, { place, root: place === 'root', around: undefined, names: new Set(['module_path']) })
  emit(module)

  // --- what stands where ---------------------------------------------------------------------------------------------------------

  function read(blocks: readonly { file: number; block: Block }[], about: Pick<Module, 'place' | 'root' | 'around' | 'names'>): Module {
    const module: Module = { ...about, parts: [], byId: new Map(), made: new Map(), arguments: [] }
    for (const [kind, add] of [['declare', addDeclare], ['config', addConfig], ['component', addComponent], ['service', addService]] as const) {
      const first = new Map<string, { file: number; block: Block }>()
      for (const at of blocks.filter(({ block }) => kindOf(block) === kind)) {
        const problems = at.block.label === undefined ? unlabelled[kind](at.block) : []
        const part = { ...at, id: idOf(at.block), body: at.block.body, problems }
        const twin = first.get(part.id)
        if (twin === undefined) first.set(part.id, at)
        else problems.push({ span: idSpan(at.block), problem: messages.duplicateNode(part.id, report.place(twin.file, twin.block.start)) })
        add(part, module, twin === undefined)
      }
    }
    return module
  }

  function kindOf({ name, label }: Block): 'declare' | 'config' | 'component' | 'service' {
    if (name === 'declare') return 'declare'
    const kind = options.shapes.get(name)?.kind
    return kind === 'service' && label !== undefined ? 'component' : kind ?? 'component'
  }

  function put(module: Module, part: Part): void {
    module.parts.push(part)
    if (!module.byId.has(part.id)) module.byId.set(part.id, part)
  }

  function addDeclare(part: Part, module: Module): void {
    const { file, block, problems } = part
    const inner = read(blocksIn(part, block.body), { place: 'declare', root: false, around: module, names: new Set([...module.names, 'argument']) })
    put(module, { file, block, id: part.id, problems, body: [], inner })
    if (block.label !== undefined) module.made.set(block.label, argumentsShape(inner.arguments))
  }

  function addConfig(part: Part, module: Module, isFirst: boolean): void {
    const { block, problems } = part
    const { name, label } = block
    const shape = options.shapes.get(name)?.args
    const complain = (span: Span, problem: Problem) => problems.push({ span, problem })
    if (name === 'foreach') return addForeach(part, module, shape)
    if (name === 'logging' || name === 'tracing') disallow(block, module, complain)
    else {
      const border = name === 'argument' || name === 'export'
      if (border && module.root) complain(block, messages.onlyInModule(name))
      if (label === undefined) complain(nameSpan(block), messages.blockLabelMissing(name))
      else if (name === 'argument' && isFirst) module.arguments.push(block)
      else if (!border && isFirst) module.made.set(label, undefined)
    }
    put(module, { ...part, shape })
  }

  function addForeach(part: Part, module: Module, shape: Shape | undefined): void {
    const { file, block, problems, id } = part
    if (options.stability !== 'experimental') problems.push({ span: nameSpan(block), problem: messages.gated('foreach block "foreach"', 'experimental', options.stability) })
    if (block.label === undefined) problems.push({ span: nameSpan(block), problem: messages.blockLabelMissing('foreach') })
    const template = block.body.findLast((statement): statement is Block => statement.kind === 'block' && statement.name === 'template')
    const body = block.body.filter(statement => statement.kind !== 'block' || statement.name !== 'template')
    if (template === undefined) {
      problems.push({ span: block, problem: messages.missingBlock('template') })
      return put(module, { ...part, shape })
    }
    const variable = literalOf(body, 'var', 'string')
    const names = new Set([...module.names, ...(variable === undefined ? [] : [variable])])
    const inner = read(blocksIn(part, template.body), { place: 'foreach', root: module.root, around: module, names })
    put(module, { file, block, id, problems, body, shape, inner })
  }

  function addComponent(part: Part, module: Module): void {
    put(module, { ...part, component: true })
  }

  function addService(part: Part, module: Module): void {
    const shape = options.shapes.get(part.block.name)?.args
    const complain = (span: Span, problem: Problem) => part.problems.push({ span, problem })
    disallow(part.block, module, complain)
    if (shape === undefined) complain(part.block, messages.notConfigurable(part.block.name))
    put(module, { ...part, shape })
  }

  function disallow(block: Block, { root, place }: Module, complain: (span: Span, problem: Problem) => void): void {
    if (!root) complain(idSpan(block), messages.notInModule(idOf(block), 'module'))
    else if (place === 'foreach') complain(idSpan(block), messages.notInModule(idOf(block), 'foreach'))
  }

  // --- what is wrong, in order -----------------------------------------------------------------------------------------------------

  function emit(module: Module): void {
    const edges = new Map<Part, Part[]>()
    for (const part of module.parts) {
      const { file, problems } = part
      for (const { span, problem } of problems) report(file, span, problem)
      const complain = (span: Span, problem: Problem) => report(file, span, problem)
      const shape = part.component === true ? shapeOf(part, module) : part.shape
      if (shape === 'unknown') continue
      if (shape !== undefined) checkBody({ ...part.block, body: part.body }, shape, complain)
      if (part.inner !== undefined) emit(part.inner)
      edges.set(part, follow(part, module))
    }
    const circles = [...connected(module.parts, part => edges.get(part) ?? [])].filter(circle => circle.length > 1)
    for (const circle of circles) {
      const sorted = circle.sort((a, b) => (a.id < b.id ? -1 : 1))
      for (const { file, block } of sorted) report(file, headSpan(block), messages.cycle(sorted.map(({ id }) => id)))
    }
    for (const [part, targets] of edges) if (targets.includes(part)) report(part.file, headSpan(part.block), messages.selfReference())
  }

  /** The shape of a component's arguments; `unknown` where nothing more is said about it. */
  function shapeOf({ file, block }: Part, module: Module): Shape | 'unknown' {
    const { name } = block
    for (let at: Module | undefined = module; at !== undefined; at = at.around) {
      const namespace = name.split('.')[0]!
      if (at.made.has(namespace)) return at.made.get(namespace) ?? 'unknown'
    }
    const known = options.shapes.get(name)
    const refuse = (problem: Problem) => {
      report(file, nameSpan(block), problem)
      return 'unknown' as const
    }
    if (known?.kind !== 'component') return refuse(messages.unknownComponent(name, nearest(name, [...options.shapes.names, ...madeIn(module)])))
    if (known.level === 'community') return options.communityComponents === true ? known.args! : refuse(messages.community(name))
    return allows(known.level) ? known.args! : refuse(messages.gated(`component "${name}"`, known.level, options.stability))
  }

  function allows(level: Stability): boolean {
    return stabilities.indexOf(level) <= stabilities.indexOf(options.stability)
  }

  /** Checks what a part refers to; gives the parts of the same module among that. */
  function follow({ file, body }: Part, module: Module): Part[] {
    return references(body).flatMap(({ path, names, start, end }) => {
      const target = find(path, module)
      const [first] = path as [string]
      const level = stabilityOf(path)
      if (target !== undefined) {
        if (isLibraryName(first)) report(file, names[0]!, messages.shadowing())
        return module.byId.get(target.id) === target ? [target] : []
      }
      if (module.names.has(first)) return []
      if (!isLibraryName(first)) report(file, { start, end }, messages.unknownReference(path.join('.'), nearest(path.slice(0, -1).join('.'), [...module.byId.keys()])))
      else if (deprecatedGlobal(first) !== undefined) report(file, { start, end }, messages.deprecatedFunction())
      else if (level !== undefined && !allows(level)) report(file, { start, end }, messages.gated(path.join('.'), level, options.stability))
      return []
    })
  }
}

/** The part that a chain of names starts with, by the fewest names; a template sees what is around its foreach. */
function find(path: readonly string[], module: Module): Part | undefined {
  for (let length = 1; length <= path.length; length++) {
    const id = path.slice(0, length).join('.')
    for (let at: Module | undefined = module; at !== undefined; at = at.place === 'foreach' ? at.around : undefined) {
      const part = at.byId.get(id)
      if (part !== undefined) return part
    }
  }
  return undefined
}

function blocksIn({ file, problems }: Part, body: readonly Statement[]): { file: number; block: Block }[] {
  return body.flatMap(statement => {
    if (statement.kind === 'block') return [{ file, block: statement }]
    problems.push({ span: statement, problem: messages.unsupportedStatement() })
    return []
  })
}

const idOf = ({ name, label }: Block): string => (label === undefined ? name : `${name}.${label}`)

/** As long as the block's id, which is where Alloy ends it. */
const idSpan = (block: Block): Span => ({ start: block.start, end: block.start + idOf(block).length })

/** What is said of a block without a label before anything else. */
const unlabelled = {
  declare: (block: Block) => [{ span: nameSpan(block), problem: messages.blockLabelMissing('declare') }],
  config: () => [],
  component: (block: Block) => [{ span: nameSpan(block), problem: messages.labelMissing(block.name) }],
  service: () => [],
} satisfies Record<string, (block: Block) => Part['problems']>

function* madeIn(module: Module): Generator<string> {
  for (let at: Module | undefined = module; at !== undefined; at = at.around) yield* at.made.keys()
}

/** A declare takes what its argument blocks say, of any type. */
function argumentsShape(blocks: readonly Block[]): Shape {
  const fields = blocks.map(block =>
    [block.label!, { form: 'attribute', required: literalOf([block], 'optional', 'bool') !== 'true', type: { kind: 'any' } }] as const)
  return { fields: new Map(fields), labelled: true }
}

/** The last attribute of that name, at any depth, that is a literal of that type. */
function literalOf(body: readonly Statement[], name: string, type: 'string' | 'bool'): string | undefined {
  let found: string | undefined
  walkStatements(body, statement => {
    if (statement.kind === 'attribute' && statement.name === name && statement.value.kind === 'literal' && statement.value.type === type) found = String(literalValue(statement.value))
  })
  return found
}
