/**
 * Go's text/template, second half: tokens into a tree. It knows which functions there are, and no more about them: what a template
 * does is for whoever runs it. Every complaint is Go's, in Go's words, without the `template: name:line:` before it.
 */

import { lexTemplate, TemplateError, type Token, type TokenKind } from './go-template-lex.ts'
import type { Node, Operand, Pipeline, Template } from './go-template-tree.ts'
import { scanQuoted } from './go-quote.ts'

export { TemplateError } from './go-template-lex.ts'

/** How deep actions and parentheses may be nested: far beyond use, well before the stack ends. */
const deepest = 200

/** Parses a template that may use `functions`; throws TemplateError. */
export function parseTemplate(source: string, functions: ReadonlySet<string>): Template {
  // Tokens are made when they are asked for, so that the first complaint is the first one in the text.
  const lexer = lexTemplate(source)
  const tokens: Token[] = []
  const defined = new Map<string, readonly Node[]>()
  let position = 0
  let depth = 0
  let loops = 0
  let variables = ['$']

  const peek = (): Token => {
    const made = position < tokens.length ? undefined : lexer.next()
    if (made?.done === false) tokens.push(made.value)
    return tokens[Math.min(position, tokens.length - 1)]!
  }
  const next = (): Token => {
    const token = peek()
    position++
    return token
  }
  const skipSpace = (): Token => {
    while (peek().kind === 'space') position++
    return peek()
  }
  const nextWord = (): Token => { skipSpace(); return next() }
  const expect = (kind: TokenKind, where: string): Token => {
    const token = nextWord()
    return token.kind === kind ? token : unexpected(token, where)
  }

  function nested<T>(at: number, parse: () => T): T {
    if (++depth > deepest) throw new TemplateError(`nested more than ${deepest} levels deep`, at)
    const result = parse()
    depth--
    return result
  }

  /** Nodes up to an `end`, an `else` or the end of the text, and which of them it was. */
  function list(top: boolean): { nodes: Node[]; closer: Token | undefined } {
    const nodes: Node[] = []
    for (;;) {
      const token = next()
      if (token.kind === 'end') {
        if (!top) throw new TemplateError('unexpected EOF', token.at)
        return { nodes, closer: undefined }
      }
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text })
        continue
      }
      const keyword = skipSpace()
      if (keyword.kind !== 'keyword') {
        nodes.push({ kind: 'action', pipeline: pipeline('right', 'command') })
        continue
      }
      next()
      if (keyword.text === 'end' || keyword.text === 'else') {
        if (top) throw new TemplateError(`unexpected {{${keyword.text}}}`, keyword.at)
        return { nodes, closer: keyword }
      }
      const made = nested(keyword.at, () => action(keyword, top))
      if (made !== undefined) nodes.push(made)
    }
  }

  function action(keyword: Token, top: boolean): Node | undefined {
    switch (keyword.text) {
      case 'if':
      case 'with':
      case 'range': return control(keyword.text)
      case 'template': return call()
      case 'block': return block()
      case 'define': return top ? define() : unexpected(keyword, 'command')
      default: return leave(keyword)
    }
  }

  /** `if`, `with` and `range`; what it declares ends with it, and `else if` stands for an if inside of the else. */
  function control(kind: 'if' | 'with' | 'range'): Node {
    const outside = variables
    variables = [...variables]
    const condition = pipeline('right', kind)
    if (kind === 'range') loops++
    const { nodes: body, closer } = list(false)
    if (kind === 'range') loops--
    const otherwise = closer!.text === 'else' ? alternative(kind) : (expect('right', 'end'), [])
    variables = outside
    return { kind, pipeline: condition, body, otherwise }
  }

  function alternative(kind: 'if' | 'with' | 'range'): Node[] {
    const again = skipSpace()
    if (again.kind === 'keyword' && again.text === kind && kind !== 'range') {
      next()
      return [nested(again.at, () => control(kind))]
    }
    expect('right', 'else')
    const { nodes, closer } = list(false)
    if (closer!.text === 'else') throw new TemplateError('expected end; found {{else}}', closer!.at)
    expect('right', 'end')
    return nodes
  }

  function leave(keyword: Token): Node {
    const kind = keyword.text as 'break' | 'continue'
    const token = nextWord()
    if (token.kind !== 'right') unexpected(token, `{{${kind}}}`)
    if (loops === 0) throw new TemplateError(`{{${kind}}} outside {{range}}`, keyword.at)
    return { kind }
  }

  const nameOf = (where: string): string => {
    const token = nextWord()
    return token.kind === 'string' ? unquote(token) : unexpected(token, where)
  }

  function call(): Node {
    const name = nameOf('template clause')
    if (skipSpace().kind !== 'right') return { kind: 'template', name, pipeline: pipeline('right', 'template clause') }
    next()
    return { kind: 'template', name, pipeline: undefined }
  }

  /** A definition and its use in one. */
  function block(): Node {
    const name = nameOf('block clause')
    const argument = pipeline('right', 'block clause')
    defined.set(name, body('block clause'))
    return { kind: 'template', name, pipeline: argument }
  }

  function define(): undefined {
    const name = nameOf('define clause')
    expect('right', 'define clause')
    defined.set(name, body('define clause'))
  }

  /** What a definition holds; it sees no variables but its own. */
  function body(where: string): Node[] {
    const [outside, around] = [variables, loops]
    variables = ['$']
    loops = 0
    const { nodes, closer } = list(false)
    if (closer!.text !== 'end') throw new TemplateError(`unexpected {{else}} in ${where}`, closer!.at)
    expect('right', 'end')
    variables = outside
    loops = around
    return nodes
  }

  function pipeline(until: 'right' | 'close', where: string): Pipeline {
    const { names, assigns } = declaration(where)
    const commands: Operand[][] = []
    for (;;) {
      const token = skipSpace()
      if (token.kind === until) {
        checkCommands(commands, where, token.at)
        next()
        return { variables: names, assigns, commands }
      }
      if (!startsOperand(token)) unexpected(token, where)
      commands.push(command())
    }
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
  function declaration(where: string): { names: string[]; assigns: boolean } {
    const start = position
    const names: string[] = []
    while (skipSpace().kind === 'variable') {
      const variable = next()
      const after = skipSpace()
      if (after.kind === 'declare' || after.kind === 'assign') {
        next()
        names.push(variable.text)
        variables.push(...names)
        return { names, assigns: after.kind === 'assign' }
      }
      if (after.kind !== 'other' || after.text !== ',') break
      next()
      names.push(variable.text)
      if (where === 'range' && names.length < 2) {
        if (skipSpace().kind === 'variable') continue
        throw new TemplateError('range can only initialize variables', after.at)
      }
      throw new TemplateError(`too many declarations in ${where}`, after.at)
    }
    position = start
    return { names: [], assigns: false }
  }

  function command(): Operand[] {
    const operands: Operand[] = []
    for (;;) {
      const start = skipSpace()
      if (startsOperand(start)) operands.push(operand())
      const token = peek()
      if (token.kind === 'space') {
        if (startsOperand(skipSpace())) continue
      }
      const last = peek()
      if (last.kind === 'pipe') {
        next()
        if (operands.length === 0) throw new TemplateError('empty command', last.at)
        return operands
      }
      if (last.kind === 'right' || last.kind === 'close') {
        if (operands.length === 0) throw new TemplateError('empty command', last.at)
        return operands
      }
      unexpected(last, 'operand')
    }
  }

  function operand(): Operand {
    const token = next()
    const fields: string[] = []
    const base = term(token, fields)
    while (peek().kind === 'field') {
      const field = next()
      if (['bool', 'string', 'number', 'char', 'nil', 'dot'].includes(base.kind) && !(base.kind === 'dot' && fields.length > 0)) {
        throw new TemplateError(`unexpected . after term ${JSON.stringify(token.text)}`, field.at)
      }
      fields.push(field.text.slice(1))
    }
    return base
  }

  function term(token: Token, fields: string[]): Operand {
    const { kind, text, at } = token
    switch (kind) {
      case 'field':
        fields.push(text.slice(1))
        return { kind: 'dot', text: '.', fields, at }
      case 'function':
        if (!functions.has(text)) throw new TemplateError(`function ${JSON.stringify(text)} not defined`, at)
        return { kind, text, fields, at }
      case 'variable': return { kind, text: known(token), fields, at }
      case 'string': return { kind, text: unquote(token), fields, at }
      case 'number':
        checkNumber(token)
        return { kind, text, fields, at }
      case 'open': return nested(at, () => ({ kind: 'pipeline', text, fields, at, inner: pipeline('close', 'parenthesized pipeline') }))
      default: return { kind: kind as 'dot' | 'nil' | 'bool' | 'char', text, fields, at }
    }
  }

  function known({ text, at }: Token): string {
    if (!variables.includes(text)) throw new TemplateError(`undefined variable ${JSON.stringify(text)}`, at)
    return text
  }

  const { nodes } = list(true)
  return { nodes, defined }
}

const operandKinds = new Set<TokenKind>(['bool', 'char', 'dot', 'field', 'function', 'number', 'nil', 'string', 'variable', 'open'])
const startsOperand = ({ kind }: Token): boolean => operandKinds.has(kind)

/** There must be a command, and all but the first take a value, so they are calls. */
function checkCommands(commands: readonly (readonly Operand[])[], where: string, at: number): void {
  if (commands.length === 0) throw new TemplateError(`missing value for ${where}`, at)
  for (const [index, [first]] of commands.entries()) {
    const plain = first!.fields.length === 0 && ['bool', 'dot', 'nil', 'number', 'string', 'char'].includes(first!.kind)
    if (index > 0 && plain) throw new TemplateError(`non executable command in pipeline stage ${index + 1}`, first!.at)
  }
}

/** What Go's strconv refuses of what looks like a number: eights in an octal one, 65 bits, a hexadecimal point without exponent. */
function checkNumber({ text, at }: Token): void {
  const digits = text.replace(/^[+-]/, '').replaceAll('_', '')
  const point = /^0[xX]/.test(digits) ? /[.pP]/ : /[.eEi]/
  if (digits === '' || (/^0[xX].*\./.test(digits) && !/[pP]/.test(digits))) throw new TemplateError(`illegal number syntax: ${JSON.stringify(text)}`, at)
  if (point.test(digits) || digits.endsWith('i')) return
  if (/^0\d*[89]/.test(digits) || BigInt(digits) >= 2n ** 64n) throw new TemplateError(`integer overflow: ${JSON.stringify(text)}`, at)
}

function unquote({ text, at }: Token): string {
  const read = scanQuoted(text, 0)
  if ('problem' in read) throw new TemplateError('invalid syntax', at)
  return read.value
}

function unexpected({ kind, text, at }: Token, where: string): never {
  const shown = kind === 'end' ? 'EOF' : kind === 'keyword' || kind === 'dot' || kind === 'nil' ? `<${text}>` : text.length > 10 ? `${JSON.stringify(text.slice(0, 10))}...` : JSON.stringify(text)
  throw new TemplateError(`unexpected ${shown} in ${where}`, at)
}

/** What is wrong with a template, as Go says it of a log stage's: `template: pipeline_template:1: unclosed action`; undefined for a good one. */
export function templateProblem(source: string, functions: ReadonlySet<string>): string | undefined {
  try {
    parseTemplate(source, functions)
    return undefined
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return `template: pipeline_template:${source.slice(0, error.at).split('\n').length}: ${error.message}`
  }
}
