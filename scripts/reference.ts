/**
 * Writes docs/reference/components/<name>.md for every component: its arguments with types and defaults from the definition, and
 * their sentences from the TSDoc above each field, found by TypeScript's checker wherever the field is written. A field without a
 * sentence is refused.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { catalog } from '../src/components/catalog.gen.ts'
import type { Definition } from '../src/components/contract/define.ts'
import type { Field, Fields } from '../src/components/contract/schema.ts'

const root = path.resolve(import.meta.dirname, '..')
/** Where the pages are. */
export const referenceFolder = path.join(root, 'docs/reference/components')

/** Every page's text by its file name. Throws for fields without a sentence, naming all of them. */
export async function referencePages(): Promise<Map<string, string>> {
  const files = Object.values(catalog).map(module => path.join(root, 'src/components', module))
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(path.join(root, 'tsconfig.json'), file => ts.sys.readFile(file)).config, ts.sys, root)
  const program = ts.createProgram(files, options)
  const checker = program.getTypeChecker()
  const silent: string[] = []
  const pages = new Map<string, string>()
  for (const [index, name] of Object.keys(catalog).entries()) {
    const { default: definition } = await import(files[index]!) as { default: Definition }
    const source = program.getSourceFile(files[index]!)!
    const { summary, fields } = findComponent(source)
    const rows = fields === undefined ? [] : describe(definition.args, checker.getTypeAtLocation(fields), '', checker, missing => silent.push(`${name}: ${missing}`))
    if (summary === '') silent.push(`${name}: the component itself`)
    pages.set(`${name}.md`, page(definition, summary, rows))
  }
  if (silent.length > 0) throw new Error(`no TSDoc sentence above:\n${silent.join('\n')}`)
  pages.set('README.md', index(pages))
  return pages
}

/** The sentence above the default export, and the object given to `args`. */
function findComponent(source: ts.SourceFile): { summary: string; fields: ts.Expression | undefined } {
  let fields: ts.Expression | undefined
  let summary = ''
  const visit = (node: ts.Node): void => {
    if (ts.isExportAssignment(node)) summary = ts.getJSDocCommentsAndTags(node).map(doc => (typeof doc.comment === 'string' ? doc.comment : '')).join(' ')
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'args' && ts.isCallExpression(node.initializer) && fields === undefined) fields = node.initializer.arguments[0]
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { summary: oneLine(summary), fields }
}

interface Line { readonly name: string; readonly field: Field<unknown>; readonly text: string }

function describe(fields: Fields, type: ts.Type, prefix: string, checker: ts.TypeChecker, complain: (name: string) => void): Line[] {
  return Object.entries(fields).flatMap(([key, field]) => {
    const symbol = type.getProperty(key)
    const name = prefix + key
    const text = symbol === undefined ? '' : oneLine(ts.displayPartsToString(symbol.getDocumentationComment(checker)))
    if (text === '') complain(name)
    const inner = symbol === undefined || field.fields === undefined ? [] : describe(field.fields, decodedType(symbol, checker), `${name}.`, checker, complain)
    return [{ name, field, text }, ...inner]
  })
}

/** Of a field's type `Field<T>` the object `T` decodes to, through lists and "or undefined". */
function decodedType(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Type {
  const fieldType = checker.getTypeOfSymbol(symbol)
  const [decoded] = fieldType.aliasTypeArguments ?? checker.getTypeArguments(fieldType as ts.TypeReference)
  const plain = checker.getNonNullableType(decoded ?? fieldType)
  const [element] = checker.isArrayType(plain) ? checker.getTypeArguments(plain as ts.TypeReference) : []
  return element ?? plain
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

function page({ name, stability, singleton, exports = {}, impossible = {} }: Definition, summary: string, lines: readonly Line[]): string {
  const exported = Object.entries(exports).map(([key, type]) => `| \`${key}\` | \`${type}\` |`)
  return [
    `# ${name}\n`,
    `${summary}\n`,
    `Stability: ${stability}.${singleton === true ? ' Stands once, without a label.' : ''}\n`,
    ...Object.entries(impossible).map(([platform, reason]) => `Not on ${platform}: ${reason}\n`),
    ...(lines.length === 0 ? ['It takes no arguments.\n'] : ['| argument | type | default | |', '|---|---|---|---|', ...lines.map(row), '']),
    ...(exported.length === 0 ? [] : ['## Exports\n', '| name | type |', '|---|---|', ...exported, '']),
  ].join('\n')
}

function row({ name, field, text }: Line): string {
  const type = field.form === 'blocks' ? 'blocks' : field.type
  const fallback = field.required ? '**required**' : field.written === undefined ? '' : `\`${JSON.stringify(field.written)}\``
  const notes = [text, field.inert === undefined ? '' : `*Without a host:* ${field.inert}`, field.gate === undefined ? '' : `(${field.gate})`]
  return `| \`${name}\` | ${type} | ${fallback} | ${notes.filter(note => note !== '').join(' ').replaceAll('|', '\\|')} |`
}

const index = (pages: ReadonlyMap<string, string>) =>
  `# Components\n\nGenerated from the source by \`npx tsx scripts/reference.ts\`.\n\n${[...pages].map(([file, text]) => `- [${file.slice(0, -3)}](${file}): ${text.split('\n')[2]!}`).join('\n')}\n`

if (process.argv[1] === import.meta.filename) {
  const pages = await referencePages()
  mkdirSync(referenceFolder, { recursive: true })
  for (const old of readdirSync(referenceFolder)) if (!pages.has(old)) rmSync(path.join(referenceFolder, old))
  for (const [file, text] of pages) writeFileSync(path.join(referenceFolder, file), text)
}
