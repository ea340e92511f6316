/**
 * Modules, resolved away: every use of a `declare` (written here or imported) and every element of a `foreach` becomes nodes of the
 * one flat graph, with ids as Alloy writes them (`test.my_module/loki.write.default`). What crosses a module's border becomes
 * *value nodes*, whose attributes are their exports: one for each argument (evaluated where it is given) and one for the module's
 * exports (evaluated inside). So types, cycles and changing values pass borders like any other edge.
 */

import type { Attribute, Block, Expression, Statement } from '../../language/ast.ts'
import { headSpan, nameSpan } from '../../language/ast.ts'
import { evaluate } from '../../language/evaluate.ts'
import { parseFile } from '../../language/parse.ts'
import { references } from '../../language/references.ts'
import { Unknown, objectValue, type Value } from '../../language/value.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Use } from '../plan.ts'
import { variables } from '../scope.ts'
import type { Located, Source } from './1-load.ts'
import { attributeOf, belongsInImport, literalAttribute } from './blocks.ts'
import type { CompileOptions } from './options.ts'
import { elementIds } from './foreach.ts'
import { ModuleScope, type Declare, type DeclaredNode } from './module-scope.ts'
import { graphMessages as messages } from './messages.ts'
import type { Report } from './report.ts'
import { standIn } from './stand-in.ts'
import { checkWritten } from './written.ts'

/** How deep modules may use modules: far beyond use, well before the stack ends. */
const deepest = 50

/** Expands statements into nodes. */
export class Expansion {
  readonly nodes = new Map<string, DeclaredNode>()
  readonly #sources: Source[]
  readonly #options: CompileOptions
  readonly #report: Report
  /** The declares being expanded: one may not use itself. */
  readonly #open: Declare[] = []
  readonly #used = new Set<Declare>()
  #unused = false

  constructor(sources: Source[], options: CompileOptions, report: Report) {
    this.#sources = sources
    this.#options = options
    this.#report = report
  }

  /** Expands one module's statements into `scope`; `inside` says where they stand. */
  async expand(statements: readonly Located[], scope: ModuleScope, inside: 'root' | 'declare' | 'foreach'): Promise<void> {
    const blocks = statements.flatMap(({ file, statement }) => {
      if (statement.kind === 'block') return [{ file, block: statement }]
      this.#report(file, nameSpan(statement), inside === 'root' ? messages.topLevelAttribute(statement.name) : messages.unsupportedStatement())
      return []
    })
    // Declares may be used above where they stand, and imports before the declares that use them.
    for (const { file, block } of blocks) if (block.name === 'declare') this.#declare(file, block, scope)
    for (const { file, block } of blocks) if (block.name.startsWith('import.')) await this.#import(file, block, scope)
    for (const { file, block } of blocks) {
      if (block.name === 'declare' || block.name.startsWith('import.')) continue
      if (block.name === 'argument' || block.name === 'export') {
        if (inside !== 'declare') this.#report(file, headSpan(block), messages.onlyInModule(block.name))
      } else if (block.name !== 'foreach') await this.#component(file, block, scope, inside)
    }
    // A collection may name any node of the module.
    for (const { file, block } of blocks) if (block.name === 'foreach') await this.#foreach(file, block, scope)
  }

  // --- declares and imports -----------------------------------------------------------------------------------------------------

  #declare(file: number, block: Block, scope: ModuleScope): void {
    const { label } = block
    if (label === undefined) this.#report(file, nameSpan(block), messages.blockLabelMissing('declare'))
    else if (label === 'declare') this.#report(file, headSpan(block), messages.declareDeclare())
    else if (scope.declares.has(label)) this.#report(file, headSpan(block), messages.duplicateNode(`declare.${label}`, this.#place(scope.declares.get(label)!)))
    else scope.declares.set(label, { file, block, scope })
  }

  async #import(file: number, block: Block, scope: ModuleScope): Promise<void> {
    const { label } = block
    if (label === undefined) return this.#report(file, nameSpan(block), messages.blockLabelMissing(block.name))
    const first = scope.imports.get(label)
    if (first !== undefined) return this.#report(file, headSpan(block), messages.duplicateNode(`${block.name}.${label}`, this.#place(first)))
    scope.imports.set(label, { file, block })
    const loaded = await this.#fetchModule(file, block, scope)
    if (loaded === undefined) return
    const imported = new ModuleScope({ prefix: '', path: loaded.path })
    scope.imports.set(label, { file, block, scope: imported })
    const parsed = loaded.sources.flatMap(source => this.#parse(source))
    const statements = parsed.filter(belongsInImport)
    for (const one of parsed) if (!belongsInImport(one)) this.#report(one.file, nameSpan(one.statement), messages.onlyDeclaresInImport(one.statement.name))
    const { shapes } = this.#options
    if (shapes !== undefined) checkWritten(statements, { ...this.#options, shapes }, this.#report, 'declare')
    for (const { file: at, statement } of statements) if (statement.kind === 'block' && statement.name === 'declare') this.#declare(at, statement, imported)
    for (const { file: at, statement } of statements) if (statement.kind === 'block' && statement.name.startsWith('import.')) await this.#import(at, statement, imported)
  }

  /** The text behind an import block, with the folder that `module_path` is for it. */
  async #fetchModule(file: number, block: Block, scope: ModuleScope): Promise<{ sources: readonly Source[]; path: string } | undefined> {
    const wanted = { 'import.string': 'content', 'import.file': 'filename' }[block.name]
    if (wanted === undefined) {
      this.#report(file, nameSpan(block), messages.importNotYet(block.name))
      return undefined
    }
    const attribute = block.body.find((statement): statement is Attribute => statement.kind === 'attribute' && statement.name === wanted)
    if (attribute === undefined) {
      this.#report(file, nameSpan(block), messages.missingAttribute(wanted))
      return undefined
    }
    const value = this.constant(attribute.value, scope, file)
    if (typeof value !== 'string') {
      this.#report(file, attribute.value, messages.notConstant(`${block.name}.${wanted}`))
      return undefined
    }
    if (block.name === 'import.string') return { sources: [{ file: `${block.name}.${block.label!}`, text: value }], path: scope.path }
    try {
      return await this.#options.readModule!(value)
    } catch (error) {
      this.#report(file, attribute.value, messages.unreadableModule(value, error instanceof Error ? error.message : String(error)))
      return undefined
    }
  }

  #parse(source: Source): Located[] {
    const parsed = parseFile(source.file, source.text)
    const file = this.#sources.push(source) - 1
    this.#report.add(parsed.diagnostics)
    return parsed.body.map(statement => ({ file, statement }))
  }

  // --- components -----------------------------------------------------------------------------------------------------------------

  async #component(file: number, block: Block, scope: ModuleScope, inside: 'root' | 'declare' | 'foreach'): Promise<void> {
    const { name, label } = block
    const declare = scope.declare(name)
    const definition = declare === undefined ? await this.#options.lookup(name) : undefined
    if (declare === undefined && definition === undefined) return this.#unknown(file, block, scope)
    const singleton = definition?.singleton === true
    if (definition?.community === true && this.#options.communityComponents !== true) this.#report(file, nameSpan(block), messages.community(name))
    if (singleton && inside !== 'root') return this.#report(file, headSpan(block), messages.notInModule(name, inside))
    if (singleton && label !== undefined) this.#report(file, nameSpan(block), messages.labelRefused(name))
    if (!singleton && label === undefined) return this.#report(file, nameSpan(block), messages.labelMissing(name))
    const local = singleton ? name : `${name}.${label}`
    const first = scope.nodes.get(local)
    if (first !== undefined) return this.#report(file, headSpan(block), messages.duplicateNode(local, this.#place(this.nodes.get(first.id)!)))
    const id = scope.prefix + local
    scope.nodes.set(local, { as: local, id })
    if (declare === undefined) this.#add({ id, definition: definition!, file, block, body: block.body, scope })
    else await this.#instantiate(id, file, block, scope, declare)
  }

  #unknown(file: number, block: Block, scope: ModuleScope): void {
    const { name, label } = block
    const local = label === undefined ? name : `${name}.${label}`
    const taken = scope.nodes.get(local)
    const twin = taken === undefined ? scope.broken.get(local) : this.nodes.get(taken.id)
    if (twin !== undefined) return this.#report(file, headSpan(block), messages.duplicateNode(local, this.#place(twin)))
    const known = scope.isOfBrokenImport(name) ? undefined : this.#options.shapes?.get(name)
    if (known === undefined) scope.broken.set(local, { file, block })
    if (scope.isOfBrokenImport(name)) return
    const reason = this.#options.unavailable?.(name)
    if (reason === undefined) return this.#report(file, nameSpan(block), messages.unknownComponent(name, nearest(name, [...this.#options.names, ...scope.declares.keys()])))
    this.#report(file, nameSpan(block), messages.unsupportedComponent(name, reason))
    // It does not run, but what it refers to has to be there all the same, and what refers to it has to fit.
    const id = scope.prefix + local
    if (known !== undefined) scope.nodes.set(local, { as: local, id })
    this.#add({ id, ...(known !== undefined && { standIn: standIn(name, known) }), file, block, body: block.body, scope })
  }

  /** A use of a declare: its body once more, with arguments from the caller. */
  async #instantiate(id: string, file: number, block: Block, caller: ModuleScope, declare: Declare): Promise<void> {
    this.#used.add(declare)
    const around = this.#open.indexOf(declare)
    if (around >= 0) return this.#report(file, nameSpan(block), messages.declareCycle(this.#open.slice(around).map(open => `declare.${open.block.label!}`)))
    if (this.#open.length >= deepest) return this.#report(file, nameSpan(block), messages.modulesTooDeep(deepest))
    const inner = new ModuleScope({ prefix: `${id}/`, path: declare.scope.path, parent: declare.scope })
    const parts = declare.block.body.filter((statement): statement is Block => statement.kind === 'block')
    this.#arguments(id, { file, block, scope: caller }, { file: declare.file, body: declare.block.body, parts, scope: inner })
    this.#open.push(declare)
    await this.expand(declare.block.body.map(statement => ({ file: declare.file, statement })), inner, 'declare')
    this.#open.pop()
    const exported = parts.filter(part => part.name === 'export').flatMap(part => this.#exported(declare.file, part))
    this.#add({ id, file: declare.file, block: declare.block, body: exported, scope: inner, usedAt: { file, block } })
  }

  /** Checks the modules of `scope` that nothing uses, with arguments of which nothing is known. */
  async checkUnused(scope: ModuleScope): Promise<void> {
    this.#unused = true
    for (const [label, declare] of scope.declares) {
      if (this.#used.has(declare)) continue
      const inner = new ModuleScope({ prefix: `declare.${label}/`, path: scope.path, parent: scope })
      const parts = declare.block.body.filter((statement): statement is Block => statement.kind === 'block')
      for (const part of parts) if (part.name === 'argument' && part.label !== undefined) inner.broken.set(`argument.${part.label}`, { file: declare.file, block: part })
      this.#open.push(declare)
      await this.expand(declare.block.body.map(statement => ({ file: declare.file, statement })), inner, 'declare')
      this.#open.pop()
      const exported = parts.filter(part => part.name === 'export').flatMap(part => this.#exported(declare.file, part))
      this.#add({ id: `declare.${label}`, file: declare.file, block: declare.block, body: exported, scope: inner })
    }
    this.#unused = false
  }

  #arguments(id: string, caller: { file: number; block: Block; scope: ModuleScope }, module: { file: number; body: readonly Statement[]; parts: readonly Block[]; scope: ModuleScope }): void {
    const given = new Map<string, Attribute>()
    for (const statement of caller.block.body) {
      if (statement.kind === 'attribute') given.set(statement.name, statement)
      else this.#report(caller.file, nameSpan(statement), messages.unknownBlock(statement.name, undefined))
    }
    const read = new Set(references(module.body).filter(({ path }) => path[0] === 'argument').map(({ path }) => path[1]))
    for (const part of module.parts) {
      if (part.name !== 'argument' || part.label === undefined) continue
      if (this.#options.advice === true && !read.has(part.label)) this.#report(module.file, headSpan(part), messages.unusedArgument(part.label))
      const attribute = given.get(part.label)
      given.delete(part.label)
      const optional = literalAttribute(part, 'optional') === 'true'
      const fallback = attributeOf(part, 'default')
      if (attribute === undefined && !optional) {
        this.#report(caller.file, nameSpan(caller.block), messages.missingAttribute(part.label))
      }
      const from = attribute !== undefined ? caller : { file: module.file, block: part, scope: module.scope }
      this.#value(`${id}/argument.${part.label}`, `argument.${part.label}`, from, attribute?.value ?? fallback?.value ?? nothing(part), module.scope)
    }
    for (const attribute of given.values()) this.#report(caller.file, nameSpan(attribute), messages.unknownAttribute(attribute.name, nearest(attribute.name, module.parts.flatMap(part => part.label ?? []))))
  }

  /** A value node with one value, known in `scope` by the name `local`. */
  #value(id: string, local: string, from: { file: number; block: Block; scope: ModuleScope }, value: Expression, scope: ModuleScope, member?: string): void {
    scope.nodes.set(local, { as: local, id, ...(member !== undefined && { member }) })
    const body: Attribute = { kind: 'attribute', name: 'value', start: value.start, end: value.end, value }
    this.#add({ id, file: from.file, block: from.block, body: [body], scope: from.scope })
  }

  #exported(file: number, part: Block): Attribute[] {
    const attribute = attributeOf(part, 'value')
    if (part.label === undefined) this.#report(file, nameSpan(part), messages.blockLabelMissing('export'))
    if (attribute === undefined) this.#report(file, nameSpan(part), messages.missingAttribute('value'))
    return part.label === undefined || attribute === undefined ? [] : [{ ...attribute, name: part.label }]
  }

  // --- foreach ------------------------------------------------------------------------------------------------------------------

  /** A foreach whose collection is known now: its template once for each element. */
  async #foreach(file: number, block: Block, scope: ModuleScope): Promise<void> {
    if (this.#options.stability !== 'experimental') this.#report(file, nameSpan(block), messages.gated('foreach block "foreach"', 'experimental', this.#options.stability))
    if (block.label === undefined) return this.#report(file, nameSpan(block), messages.blockLabelMissing('foreach'))
    const template = block.body.find((statement): statement is Block => statement.kind === 'block' && statement.name === 'template')
    const collection = attributeOf(block, 'collection')
    const variable = literalAttribute(block, 'var')
    if (template === undefined) return this.#report(file, nameSpan(block), messages.missingBlock('template'))
    if (collection === undefined) return this.#report(file, nameSpan(block), messages.missingAttribute('collection'))
    if (variable === undefined) return this.#report(file, nameSpan(block), messages.missingAttribute('var'))
    const elements = this.constant(collection.value, scope, file)
    if (!Array.isArray(elements)) return this.#report(file, collection.value, messages.notConstant('foreach.collection'))
    const options = { id: literalAttribute(block, 'id'), hashed: literalAttribute(block, 'hash_string_id') === 'true' }
    for (const [index, child] of elementIds(elements, options).entries()) {
      const id = `${scope.prefix}foreach.${block.label}/${child}`
      const inner = new ModuleScope({ prefix: `${id}/`, path: scope.path, parent: scope, outer: scope })
      const at = { start: collection.value.start, end: collection.value.end }
      const element: Expression = { kind: 'index', value: collection.value, index: { kind: 'literal', type: 'number', text: String(index), ...at }, open: at.end, ...at }
      this.#value(`${id}/${variable}`, variable, { file, block, scope }, element, inner, 'value')
      await this.expand(template.body.map(statement => ({ file, statement })), inner, 'foreach')
    }
  }

  /** The node behind `module_path` in a module, made when it is first asked for. */
  modulePath(scope: ModuleScope): Use {
    const id = `${scope.prefix}module_path`
    const at = { start: 0, end: 0 }
    const value: Expression = { kind: 'literal', type: 'string', text: JSON.stringify(scope.path), ...at }
    const block: Block = { kind: 'block', name: 'module_path', open: 0, body: [], ...at }
    this.#add({ id, file: 0, block, body: [{ kind: 'attribute', name: 'value', value, ...at }], scope })
    return { as: 'module_path', id, member: 'value' }
  }

  // --- values known now -----------------------------------------------------------------------------------------------------------

  /** The value of an expression as far as it is known now: literals, functions, arguments given as such. Otherwise Unknown. */
  constant(expression: Expression, scope: ModuleScope, file: number): Value {
    const used = references(expression).flatMap(({ path }): [string, Value][] => {
      if (path[0] === 'module_path') return [['module_path', scope.path]]
      const use = scope.find(path)
      return use === undefined ? [] : [[use.as, this.#known(use)]]
    })
    return evaluate(expression, { variables: variables(this.#options.functions, used) }, (problem, span) => this.#report(file, span, problem))
  }

  #known({ id, member }: Use): Value {
    const node = this.nodes.get(id)
    if (node === undefined || node.definition !== undefined || node.standIn !== undefined) return new Unknown()
    const values = objectValue(node.body.flatMap(statement =>
      (statement.kind === 'attribute' ? [[statement.name, this.constant(statement.value, node.scope, node.file)] as const] : [])))
    return member === undefined ? values : values[member] ?? new Unknown()
  }

  #add(node: DeclaredNode): void { this.nodes.set(node.id, this.#unused ? { ...node, unused: true } : node) }

  #place({ file, block }: { file: number; block: { start: number } }): string { return this.#report.place(file, block.start) }
}

/** An optional argument that is not given, and has no default, is null. */
const nothing = ({ start, end }: Block): Expression => ({ kind: 'literal', type: 'null', text: 'null', start, end })
