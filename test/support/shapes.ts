/** A table of made-up components, some of which test/support/graph.ts has and some not, in the form of src/graph/compile/shapes.ts. */

import { compile, type CompileOptions } from '../../src/graph/compile/compile.ts'
import { parseShapes } from '../../src/graph/compile/shapes.ts'
import { stdlib } from '../../src/language/stdlib/index.ts'
import type { Diagnostic } from '../../src/language/diagnostics.ts'
import { testComponents } from './graph.ts'

export const table = `# Made up.
argument config generally-available 0 -
export config generally-available 1 -
foreach config experimental 2 -
import.string config generally-available 3 -
logging config generally-available 4 -
http service generally-available 5 -
otel service generally-available - -
test.sink component generally-available 6 7
test.relay component experimental 8 7
test.otlp component generally-available 9 10
away.source component generally-available 11 -
away.fields component generally-available 12 13
away.steps component generally-available 16 7
away.kept component community 15 -
away.young component public-preview 15 -

optional?:bool default?:any comment?:string
value:any
collection:[any] var:string id?:string
content:optional_secret
level?:~log-level format?:~log-format write_to?:[<loki.LogsReceiver>]
tls?{15}
name:string size?:number key?:secret
receiver:<loki.LogsReceiver>
forward_to:[<loki.LogsReceiver>] rule?*{14}
output{17}
input:<otelcol.Consumer>
forward_to:[<loki.LogsReceiver>] metrics?:[<storage.Appendable>] targets?:[target] names?:[string] every?:duration size?:size
text?:string number?:number flag?:bool every?:duration size?:size regex?:regexp key?:secret hidden?:optional_secret target?:target any?:any list?:[string] map?:{string} numbers?:{number} action?:~header-action handler?:<auth.Handler> object?:#14 one?{14} many?*{14} named?{18}
targets:[target] text:string hidden:optional_secret metrics:<storage.Appendable>
name:string every?:duration

forward_to:[<loki.LogsReceiver>] step@{19}
traces?:[<otelcol.Consumer>] logs?:[<otelcol.Consumer>]
"label" value:string
drop?{14} match?{20}
selector:string step@{19}
`

export const shapes = parseShapes(table)

/** Compiles files of the made-up components, those of the table alone being known and not here. */
export function compileWritten(files: string | Readonly<Record<string, string>>, options: Partial<CompileOptions> = {}) {
  const sources = typeof files === 'string' ? { 'test.alloy': files } : files
  return compile(Object.entries(sources).map(([file, text]) => ({ file, text })), {
    lookup: async name => testComponents[name],
    names: [...Object.keys(testComponents), ...shapes.names],
    functions: stdlib(() => ''),
    stability: 'experimental',
    unavailable: name => (shapes.get(name) === undefined ? undefined : 'it comes later'),
    shapes,
    ...options,
  })
}

/** `line:column message`, of errors unless said otherwise; what is known and not here is left out. */
export function said(diagnostics: readonly Diagnostic[], wanted: (one: Diagnostic) => boolean = ({ severity }) => severity === 'error'): string[] {
  return diagnostics
    .filter(one => one.code !== 'graph/unsupported-component' && wanted(one))
    .map(({ start, message }) => `${start.line}:${start.column} ${message}`)
}
