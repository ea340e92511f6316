/** Regular expressions as relabelling rules and log stages have them: compileRegex beside re2js alone. */
import { RE2JS } from 're2js'
import { compileRegex } from '../src/lib/regex.ts'
import { measure, type BenchOptions, type Row } from './measure.ts'

const log = '11.11.11.11 - frank [25/Jan/2000:14:00:01 -0500] "GET /1986.js HTTP/1.1" 200 932 "-" "Mozilla/5.0 (Windows NT 5.1; rv:1.9.1.7)"'
const logfmt = 'ts=2024-01-01T00:00:00Z caller=main.go:12 component=web level=info msg="request done" duration=12ms'
const cases: [row: string, pattern: string, anchored: boolean, text: string][] = [
  ['relabel: everything', '(.*)', true, 'web-6d4cf56db6-x7k2p'],
  ['relabel: alternatives', 'Succeeded|Failed', true, 'Running'],
  ['relabel: prefix', '__meta_kubernetes_pod_label_(.+)', true, '__meta_kubernetes_pod_label_app'],
  ['relabel: host and port', '([^:]+)(?::\\d+)?', true, '10.0.0.1:9100'],
  ['relabel: address and port', '(.+?)(\\:\\d+)?;(\\d+)', true, '10.0.0.1:80;9100'],
  ['log: one field', 'level=(\\w+)', false, logfmt],
  ['log: CRI', '^(?P<time>\\S+) (?P<stream>stdout|stderr) (?P<flags>\\S+) (?P<content>.*)$', false, `2024-01-01T00:00:00Z stderr F ${logfmt}`],
  ['log: common format', '^(?P<ip>\\S+) (?P<id>\\S+) (?P<user>\\S+) \\[(?P<at>[^\\]]+)\\] "(?P<request>[^"]*)" (?P<status>\\d+) (?P<size>\\d+)', false, log],
  ['log: any case', '(?i)error|fatal', false, logfmt],
]

export function* rows(options: BenchOptions): Generator<Row> {
  for (const [row, pattern, anchored, text] of cases) {
    if (!row.includes(options.only)) continue
    const regex = compileRegex(pattern, { anchored })
    const re2 = RE2JS.compile(anchored ? `^(?s:${pattern})$` : pattern)
    const native = regex.native ? 'native' : 're2'
    yield { ...measure({ row, items: 1, ours: () => regex.exec(text), baseline: () => re2.exec(text) }, options), native }
  }
}
