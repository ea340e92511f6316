import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { stageFunctions } from '../../src/lib/go-template-functions.ts'
import { parseTemplate, TemplateError } from '../../src/lib/go-template.ts'

const parse = (text: string) => parseTemplate(text, stageFunctions)

function complaint(text: string): [at: number, message: string] | undefined {
  try {
    parse(text)
    return undefined
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return [error.at, error.message]
  }
}

describe('templates of Go', () => {
  const good = [
    'plain text', '{{ .Value }}', '{{.a.b.c}}', '{{ . }}', '{{ $ }}{{ $.x }}', '{{- .a -}}', '{{/* note */}}', '{{- /* note */ -}}', '{{ .Value | ToUpper }}',
    '{{ Replace .Value "a" `b` -1 }}', '{{ if eq .a 1 }}x{{ else if .b }}y{{ else }}z{{ end }}', '{{ with $x := .a }}{{ $x }}{{ end }}',
    '{{ range $i, $x := splitList "," .a }}{{ if $i }}{{ break }}{{ end }}{{ $x }}{{ else }}none{{ end }}', '{{ define "t" }}{{ . }}{{ end }}{{ template "t" .a }}',
    '{{ block "b" . }}x{{ end }}', '{{ (.a).b }}', '{{ $x := 1 }}{{ $x = 2 }}', '{{ printf "%d" 0x1F | print \'a\' true nil }}', '{{ 1+2i }}{{ 1.5e3 }}', '{{ .a\n}}', '{{ 1 | }}',
  ]
  for (const text of good) it(`accept ${text.replaceAll('\n', '\\n')}`, () => { assert.equal(complaint(text), undefined) })

  // What Go's own parser says of the same text, without the place that it puts before.
  const bad: readonly (readonly [text: string, at: number, message: string])[] = [
    ['{{ .a', 5, 'unclosed action'],
    ['a {{ end }}', 5, 'unexpected {{end}}'],
    ['{{ else }}', 3, 'unexpected {{else}}'],
    ['{{ if .a }}', 11, 'unexpected EOF'],
    ['{{ if }}x{{ end }}', 6, 'missing value for if'],
    ['{{}}', 2, 'missing value for command'],
    ['{{ nosuch .a }}', 3, 'function "nosuch" not defined'],
    ['{{ $x }}', 3, 'undefined variable "$x"'],
    ['{{ with $x := .a }}{{ end }}{{ $x }}', 31, 'undefined variable "$x"'],
    ['{{ .a | "x" }}', 8, 'non executable command in pipeline stage 2'],
    ['{{ "a }}', 3, 'unterminated quoted string'],
    ['{{ `a }}', 3, 'unterminated raw quoted string'],
    ['{{ \'a }}', 3, 'unterminated character constant'],
    ['{{ (.a }}', 7, 'unclosed left paren'],
    ['{{ .a) }}', 5, 'unexpected right paren'],
    ['{{ 12abc }}', 3, 'bad number syntax: "12abc"'],
    ['{{ 08 }}', 3, 'integer overflow: "08"'],
    ['{{ - }}', 3, 'illegal number syntax: "-"'],
    ['{{ "\\q" }}', 3, 'invalid syntax'],
    ['{{ .a-b }}', 5, 'bad character U+002D \'-\''],
    ['{{ :x }}', 3, 'expected :='],
    ['{{ \u0007 }}', 3, 'unrecognized character in action: U+0007'],
    ['{{/* a', 2, 'unclosed comment'],
    ['{{/* a */ }}', 7, 'comment ends before closing delimiter'],
    ['{{ break }}', 3, '{{break}} outside {{range}}'],
    ['{{ "a".b }}', 6, 'unexpected . after term "\\"a\\""'],
    ['{{ range $i, $x, $y := .a }}{{ end }}', 15, 'too many declarations in range'],
    ['{{ range $i, 1 := .a }}{{ end }}', 11, 'range can only initialize variables'],
    ['{{ template x }}', 12, 'unexpected "x" in template clause'],
    ['{{ if .a }}{{ define "x" }}{{ end }}{{ end }}', 14, 'unexpected <define> in command'],
    ['{{ if .a }}{{ else }}{{ else }}{{ end }}', 24, 'expected end; found {{else}}'],
    ['{{ if .a }}{{ end x }}', 18, 'unexpected "x" in end'],
  ]
  for (const [text, at, message] of bad) it(`refuse ${JSON.stringify(text)}`, () => { assert.deepEqual(complaint(text), [at, message]) })

  it('become a tree', () => {
    assert.deepEqual(parse('a {{- if .x.y }} b{{ end }}'), {
      nodes: [
        { kind: 'text', text: 'a' },
        {
          kind: 'if',
          pipeline: { variables: [], assigns: false, commands: [[{ kind: 'dot', text: '.', fields: ['x', 'y'], at: 9 }]] },
          body: [{ kind: 'text', text: ' b' }],
          otherwise: [],
        },
      ],
      defined: new Map(),
    })
    assert.deepEqual([...parse('{{ define "t" }}x{{ end }}').defined], [['t', [{ kind: 'text', text: 'x' }]]])
  })

  it('are nested to a fixed depth', () => {
    const deep = (levels: number) => `${'{{ if .a }}'.repeat(levels)}${'{{ end }}'.repeat(levels)}`
    assert.equal(complaint(deep(200)), undefined)
    assert.match(complaint(deep(100_000))![1], /nested more than 200 levels deep/)
    assert.match(complaint(`{{ ${'('.repeat(100_000)}`)![1], /nested more than 200 levels deep/)
  })

  it('end in a tree or a TemplateError, whatever they hold', () => {
    const part = fc.constantFrom('{{', '}}', '{{- ', ' -}}', ' ', '.', '.a', '$x', ':=', '=', '|', '(', ')', '"', '`', '\'', '\\', 'if', 'else', 'end', 'range', 'define', '/*', '*/', '1', '-', 'x', '\n')
    fc.assert(fc.property(fc.array(part, { maxLength: 30 }), parts => { complaint(parts.join('')) }), { numRuns: 2000 })
  })

  it('take time in proportion to their length', () => {
    const long: readonly (readonly [text: string, message: string | undefined])[] = [
      [`{{ "${'a\\\\'.repeat(100_000)}`, 'unterminated quoted string'],
      [`${' '.repeat(200_000)}x${' '.repeat(200_000)}{{- .a }}`, undefined],
      ['{{ .a }}'.repeat(20_000), undefined],
      [`{{ ${'x'.repeat(200_000)} }}`, `function "${'x'.repeat(200_000)}" not defined`],
    ]
    for (const [text, message] of long) assert.equal(complaint(text)?.[1], message)
  })
})
