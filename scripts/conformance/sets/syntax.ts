/** Scanner, parser and formatter against recorded runs of Alloy's. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Diagnostic } from '../../../src/language/diagnostics.ts'
import { parseFile } from '../../../src/language/parse.ts'
import { format } from '../../../src/language/print.ts'
import { createScanner, isIdentifier, sanitizeIdentifier } from '../../../src/language/scan.ts'
import { decodeSource, lineMap } from '../../../src/language/source.ts'
import type { CaseResult, ConformanceSet } from '../set.ts'
import { caseSet, compare, filesBelow, guarded, readFacts } from '../set.ts'

interface RecordedError { line: number; col: number; severity: string; message: string }

const errorText = (errors: readonly RecordedError[] = []) =>
  errors.map(({ line, col, severity, message }) => `${line}:${col} ${severity} ${message}`).join('\n')
const diagnosticText = (diagnostics: readonly Diagnostic[]) =>
  diagnostics.map(({ start, severity, message }) => `${start.line}:${start.column} ${severity} ${message}`).join('\n')

interface GoldenRow { file: string; ok: boolean; unchanged?: boolean; formatted?: string; errors?: RecordedError[] }

/** Every configuration file of the corpus: its formatted text, or all its diagnostics. */
function golden(root: string, { file, ok, unchanged, formatted, errors }: GoldenRow): CaseResult {
  const source = decodeSource(readFileSync(path.join(root, file)))
  const parsed = parseFile(file, source)
  if (!ok || parsed.diagnostics.length > 0) return compare(file, diagnosticText(parsed.diagnostics), errorText(errors))
  const got = format(parsed)
  const result = compare(file, got, unchanged === true ? source : formatted!)
  if (result.problem !== undefined || format(got) === got) return result
  return { name: file, problem: 'formatting the result changes it again' }
}

interface ParseCase { name: string; input: string; ok: boolean; formatted?: string; errors?: RecordedError[] }

function parseCase({ name, input, ok, formatted, errors }: ParseCase): CaseResult {
  const parsed = parseFile('', input)
  return ok && parsed.diagnostics.length === 0
    ? compare(name, format(parsed), formatted!)
    : compare(name, diagnosticText(parsed.diagnostics), errorText(errors))
}

/** `X.in` formats to `X.expect` (up to blank lines at the end), or fails with the text of `X.error`. */
function formatPair(root: string, file: string): CaseResult {
  const base = path.join(root, file.slice(0, -'.in'.length))
  const parsed = parseFile(file, decodeSource(readFileSync(path.join(root, file))))
  if (existsSync(`${base}.error`)) {
    const wanted = readFileSync(`${base}.error`, 'utf8').trim()
    const got = diagnosticText(parsed.diagnostics)
    return got.includes(wanted) ? { name: file } : { name: file, problem: `got ${got}, wanted ${wanted}` }
  }
  return compare(file, format(parsed).trimEnd(), readFileSync(`${base}.expect`, 'utf8').trimEnd())
}

/** A comment `ERROR "regex"` marks the token before it, `ERROR HERE "regex"` the place after that token. */
const marker = /^\/\* ERROR (HERE )?"(.*)" \*\/$/

function parserCase(root: string, file: string): CaseResult {
  const source = decodeSource(readFileSync(path.join(root, file)))
  const lines = lineMap(source)
  const wanted = new Map<number, RegExp>()
  const scan = createScanner(source, () => {})
  let previous = scan()
  for (let token = previous; token.kind !== 'EOF'; token = scan()) {
    const [, here, pattern] = token.kind === 'COMMENT' ? marker.exec(token.text) ?? [] : []
    if (pattern !== undefined) wanted.set(here === undefined ? previous.start : previous.end, new RegExp(pattern))
    else if (token.kind !== 'COMMENT' && token.kind !== 'TERMINATOR') previous = token
  }
  const missing = new Map([...wanted].map(([offset, pattern]) => [lines.position(offset).offset, pattern]))
  for (const { start, message } of parseFile(file, source).diagnostics) {
    const pattern = missing.get(start.offset)
    if (pattern === undefined || !pattern.test(message)) return { name: file, problem: `unexpected at ${start.line}:${start.column}: ${message}` }
    missing.delete(start.offset)
  }
  return missing.size === 0 ? { name: file } : { name: file, problem: `not reported: ${[...missing.values()].join(', ')}` }
}

/** Inputs that a fuzzer found: nothing may be thrown. They are Go literals, one a file. */
function fuzzCase(root: string, file: string): CaseResult {
  const literal = /^\[\]byte\((".*")\)$/m.exec(readFileSync(path.join(root, file), 'utf8'))
  if (literal === null) return { name: file, problem: 'is not a fuzzer\'s file' }
  parseFile(file, decodeSource(goBytes(literal[1]!)))
  return { name: file }
}

/** The bytes of a Go string literal in double quotes. */
function goBytes(literal: string): Uint8Array {
  const short: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }
  const bytes: number[] = []
  const encoder = new TextEncoder()
  for (const [all, escape] of literal.slice(1, -1).matchAll(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[0-7]{3}|.)|[^\\]+/gs)) {
    if (escape === undefined) bytes.push(...encoder.encode(all))
    else if (escape.startsWith('x')) bytes.push(parseInt(escape.slice(1), 16))
    else if (/^[0-7]{3}$/.test(escape)) bytes.push(parseInt(escape, 8))
    else if (/^u.|^U./.test(escape)) bytes.push(...encoder.encode(String.fromCodePoint(parseInt(escape.slice(1), 16))))
    else bytes.push(...encoder.encode(short[escape] ?? escape))
  }
  return Uint8Array.from(bytes)
}

interface LexerFacts {
  upstream: { name: string; input?: string; input_go_quoted?: string; first_token?: string; error?: string; error_offset?: number }[]
  token_streams: { name: string; input?: string; input_go_quoted?: string; tokens: [string, string, number][]; errors: unknown[] }[]
  identifiers: { name: string; input: string; valid?: boolean; sanitized?: string | null }[]
}

/** Go's names of the operators, which one part of the facts uses. */
const goNames: Record<string, string> = {
  '||': 'OR', '&&': 'AND', '!': 'NOT', '=': 'ASSIGN', '==': 'EQ', '!=': 'NEQ', '<': 'LT', '<=': 'LTE', '>': 'GT', '>=': 'GTE',
  '+': 'ADD', '-': 'SUB', '*': 'MUL', '/': 'DIV', '%': 'MOD', '^': 'POW',
  '{': 'LCURLY', '}': 'RCURLY', '(': 'LPAREN', ')': 'RPAREN', '[': 'LBRACK', ']': 'RBRACK', ',': 'COMMA', '.': 'DOT',
}

function* lexer(root: string): Iterable<CaseResult> {
  const facts = readFacts<LexerFacts>(root, 'alloy-lexer')
  const sourceOf = (fact: { input?: string; input_go_quoted?: string }) =>
    fact.input ?? decodeSource(goBytes(fact.input_go_quoted!))
  for (const fact of facts.upstream) {
    const source = sourceOf(fact)
    const errors: string[] = []
    const lines = lineMap(source)
    const token = createScanner(source, ({ message }, offset) => errors.push(`${lines.position(offset).offset} ${message}`))()
    const wanted = `${fact.first_token ?? ''} ${fact.error === undefined || fact.error === '' ? '' : `${fact.error_offset!} ${fact.error}`}`
    const kind = fact.first_token === undefined ? '' : goNames[token.kind] ?? token.kind
    yield compare(fact.name, `${kind} ${errors[0] ?? ''}`, wanted)
  }
  for (const fact of facts.token_streams) {
    const source = sourceOf(fact)
    const lines = lineMap(source)
    const errors: [string, number][] = []
    const scan = createScanner(source, ({ message }, offset) => errors.push([message, lines.position(offset).offset]))
    const tokens: string[] = []
    for (;;) {
      const { kind, text, start } = scan()
      tokens.push(JSON.stringify([kind, text, lines.position(start).offset]))
      if (kind === 'EOF') break
    }
    const got = `${tokens.join('\n')}\n${errors.length}`
    yield compare(fact.name, got, `${fact.tokens.map(token => JSON.stringify(token)).join('\n')}\n${fact.errors.length}`)
  }
  for (const { name, input, valid, sanitized } of facts.identifiers) {
    if (valid !== undefined) yield compare(name, String(isIdentifier(input)), String(valid))
    else yield compare(name, sanitizeIdentifier(input), sanitized ?? '')
  }
}

export const sets: ConformanceSet[] = [
  caseSet('fmt-golden', ['facts/fmt-golden.jsonl'], function* (root) {
    for (const line of readFileSync(path.join(root, 'facts/fmt-golden.jsonl'), 'utf8').trim().split('\n')) {
      const row = JSON.parse(line) as GoldenRow
      if (existsSync(path.join(root, row.file))) yield guarded(row.file, () => golden(root, row))
    }
  }),
  caseSet('alloy-parse', ['facts/alloy-parse.json'], function* (root) {
    for (const fact of readFacts<{ cases: ParseCase[] }>(root, 'alloy-parse').cases) yield guarded(fact.name, () => parseCase(fact))
  }),
  caseSet('syntax-fmt', ['syntax-fmt'], function* (root) {
    for (const file of filesBelow(root, 'syntax-fmt', '.in')) yield guarded(file, () => formatPair(root, file))
  }),
  caseSet('syntax-parser', ['syntax-parser'], function* (root) {
    for (const file of filesBelow(root, 'syntax-parser', '.alloy')) yield guarded(file, () => parserCase(root, file))
    for (const file of filesBelow(root, 'syntax-parser/fuzz/FuzzParser', '')) yield guarded(file, () => fuzzCase(root, file))
  }),
  caseSet('alloy-lexer', ['facts/alloy-lexer.json'], lexer),
]
