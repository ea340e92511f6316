/** Random inputs for the language, and what must hold of each. */
import { evaluate } from '../../src/language/evaluate.ts'
import { outline, walkStatements } from '../../src/language/ast.ts'
import { parseExpression, parseFile } from '../../src/language/parse.ts'
import { format } from '../../src/language/print.ts'
import { references } from '../../src/language/references.ts'
import { decodeSource } from '../../src/language/source.ts'
import { stdlib } from '../../src/language/stdlib/index.ts'
import { renderDiagnostics, toJson } from '../../src/language/diagnostics.ts'

/** Numbers from 0 up to 1, the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const seeds = [
  'a = 1\n', 'block "label" {\n\tb = [1, 2.5, "x\\n", `raw`, null, true]\n}\n', 'a.b.c "d" { e = f.g[0].h("i", {j = k, "l m" = -n}) }',
  '// c\na = 1 // d\n/* e */ b = 2\n', 'a = (1 + 2) * 3 ^ -4 == 5 && !c || d % e / f - g\n', 'a = {\n\tb = 1,\n\tlong = [\n\t\t1,\n\t\t2,\n\t],\n}\n',
  'a = string.format("%s-%[2]*.3f|%v", "x", 3, 1.5, [1])\n', 'a = encoding.from_json("[1, {\\"b\\": null}]")[1].b\n', 'a = encoding.from_yaml("a: &b [1, 0x2]\\nc: *b\\n")\n',
  'a = json_path("{\\"b\\": [1, 2]}", "$.b[?(@ > 1)]")\n', 'a = coalesce(sys.env("X"), encoding.from_base64("aGk="), constants.os)\n',
  'a = array.combine_maps([{b = 1}], [{b = 1, c = 2}], ["b"])\n', 'é = "ü😀" + "\\u00e9\\U0001F600\\101\\xff"\n', 'declare "x" {\n\targument "y" { optional = true }\n\n\texport "z" { value = argument.y.value }\n}\n',
]
const pieces = [
  '{', '}', '[', ']', '(', ')', ',', '.', '=', '"', '`', '\'', '//', '/*', '*/', '\n', '\r\n', '\t', ' ', '\\', '\\u', '\\x', '|', '&&', '==', '!', '<=',
  '^', '-', '0', '08', '1e', '1.', '.5', '9223372036854775808', 'null', 'true', 'a', '_', 'é', '\u0000', '\ufeff', '\u00a0', '\u{1f600}', '\udc80', '#', ';', ':',
  'a "b" {\n', '\n// c\n', '%v', '$', '((((((((((', '[[[[[[[[', '{a={a=', '- - - -', 'a.a.a.a.a', '"\\n"', '`\t \n`',
]

/** One input: a seed cut, pasted and sprinkled with pieces; or pieces only; or bytes. */
export function fuzzInput(random: () => number): string {
  const below = (n: number) => Math.floor(random() * n)
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!
  const kind = below(10)
  if (kind === 0) return decodeSource(Uint8Array.from({ length: below(200) }, () => below(256)))
  if (kind < 3) return Array.from({ length: below(60) }, () => pick(pieces)).join('')
  let text = Array.from({ length: 1 + below(3) }, () => pick(seeds)).join('')
  for (let edits = below(6); edits > 0; edits--) {
    const at = below(text.length + 1)
    const cut = below(3) === 0 ? below(10) : 0
    const pasted = below(4) === 0 ? text.slice(below(text.length), below(text.length)) : pick(pieces)
    if (text.length > 20_000) break
    text = text.slice(0, at) + (below(20) === 0 ? pasted.repeat(below(Math.min(400, 20_000 / (pasted.length + 1)))) : pasted) + text.slice(at + cut)
  }
  return text
}

const library = { variables: stdlib(() => '') }

/** Literals between backticks lose blanks when they are formatted, as with `alloy fmt`; everything else stays. */
const comparable = (node: unknown) => outline(node).replace(/(?:\\[tnvf]| )+/g, ' ')

/** Runs everything that takes text over one input; gives what did not hold, and throws what is thrown. */
export function checkInput(source: string): string | undefined {
  const expression = parseExpression(source)
  if (expression.diagnostics.length === 0) evaluate(expression.expression, library, () => {})

  const parsed = parseFile('f', source)
  const rendered = renderDiagnostics(parsed.diagnostics.slice(0, 20), () => source)
  if (parsed.diagnostics.length > 0 && rendered === '') return 'nothing is shown'
  for (const diagnostic of parsed.diagnostics) {
    const { line, column, endLine } = toJson(diagnostic)
    if (!(Number(line) >= 1 && Number(column) >= 1 && Number(endLine) >= Number(line))) return `a place that is none: ${JSON.stringify(diagnostic)}`
  }
  references(parsed.body)
  if (parsed.diagnostics.length > 0) return undefined

  walkStatements(parsed.body, node => {
    if (node.kind === 'attribute') evaluate(node.value, library, () => {})
  })
  const formatted = format(parsed)
  const again = parseFile('f', formatted)
  if (again.diagnostics.length > 0) return `formatting makes it invalid: ${again.diagnostics[0]!.message}\n${formatted}`
  if (comparable(again.body) !== comparable(parsed.body)) return `formatting changes it to\n${formatted}`
  return again.comments.flat().length === parsed.comments.flat().length ? undefined : `formatting loses comments:\n${formatted}`
}
