/**
 * A configuration for each message of the catalogue, for docs/reference/errors.md: each is compiled when the page is made, and has to
 * lead to its message. Tabs stand where `sluice fmt` puts them.
 */
import type { CompileOptions } from '../src/graph/compile/compile.ts'

export interface Example {
  readonly text: string
  readonly options?: Partial<CompileOptions>
  /** The flags of `sluice validate` or `sluice build` that the options stand for. */
  readonly flags?: string
}

const write = `loki.write "out" {
	endpoint {
		url = "https://logs.example.com/loki/api/v1/push"
	}
}
`
const receive = `loki.source.api "in" {
	forward_to = [loki.write.out.receiver]
}
`
const file = (content: string) => `local.file "a" {\n	${content}\n}\n`
const advice = { options: { advice: true } }
const lambda = { options: { target: 'lambda' as const }, flags: '--target=lambda' }
const cloudflare = { options: { target: 'cloudflare' as const }, flags: '--target=cloudflare' }

/** Examples by code. */
export const examples: Readonly<Record<string, string | Example>> = {
  'syntax/block-as-expression': 'loki.source.api "in" {\n	forward_to = loki.write "out" { }\n}\n',
  'syntax/dotted-attribute': 'http {\n	auth.basic = "x"\n}\n',
  'syntax/expected-body': 'loki.write "out"\n{\n	level = "info"\n}\n',
  'syntax/expected-expression': file('filename ='),
  'syntax/expected-field': 'loki.write "out" {\n	external_labels = { 1 = "x" }\n}\n',
  'syntax/expected-label': 'loki.write out {\n}\n',
  'syntax/expected-statement': 'logging\n',
  'syntax/expected-token': 'local.file "a" {\n	filename = "x" detector = "poll"\n}\n',
  'syntax/exponent-without-digits': file('poll_frequency = 1e'),
  'syntax/illegal-character': file('filename = "x";'),
  'syntax/illegal-escape-character': file('filename = "\\xZZ"'),
  'syntax/invalid-code-point': file('filename = "\\UFFFFFFFF"'),
  'syntax/invalid-label': 'local.file "my-file" {\n	filename = "x"\n}\n',
  'syntax/labelled-attribute': 'local.file "a" {\n	filename "x" = "y"\n}\n',
  'syntax/missing-comma': 'loki.source.api "in" {\n	forward_to = [\n		loki.write.out.receiver\n	]\n}\n',
  'syntax/missing-operator-character': file('is_secret = true & false'),
  'syntax/raw-label': 'local.file `a` {\n	filename = "x"\n}\n',
  'syntax/single-quotes': file('filename = \'x\''),
  'syntax/unknown-escape': file('filename = "C:\\path"'),
  'syntax/unterminated-comment': `${file('filename = "x"')}/* to do\n`,
  'syntax/unterminated-escape': 'local.file "a" {\n	filename = "\\x',
  'syntax/unterminated-string': file('filename = "x'),

  'eval/call-failed': file('filename = string.trim("x")'),
  'eval/divide-by-zero': 'loki.write "out" {\n	max_streams = 10 / (1 - 1)\n}\n',
  'eval/index-out-of-range': file('filename = ["a", "b"][2]'),
  'eval/invalid-literal': 'loki.write "out" {\n	max_streams = 1e999\n}\n',
  'eval/no-fields': file('filename = string.to_upper("x").name'),
  'eval/not-indexable': file('filename = string.to_upper("x")[0]'),
  'eval/operand-type': file('is_secret = (true < false)'),
  'eval/type-mismatch': file('filename = "a" + (1 + 1)'),
  'eval/unknown-field': 'loki.source.api "in" {\n	forward_to = [loki.write.out.reciever]\n}\n\n' + write,
  'graph/block-label-missing': 'declare {\n}\n',
  'graph/community': 'otelcol.exporter.datadog "a" {\n	api {\n		api_key = "x"\n	}\n}\n',
  'graph/cycle': 'loki.relabel "a" {\n	forward_to = [loki.relabel.b.receiver]\n}\n\nloki.relabel "b" {\n	forward_to = [loki.relabel.a.receiver]\n}\n',
  'graph/declare-cycle': 'declare "m" {\n	m "again" { }\n}\n\nm "x" { }\n',
  'graph/declare-declare': 'declare "declare" {\n}\n',
  'graph/deprecated-function': file('filename = env("NAME")'),
  'graph/duplicate': 'local.file "a" {\n	filename = "x"\n}\n\nlocal.file "a" {\n	filename = "y"\n}\n',
  'graph/import-not-yet': 'import.http "m" {\n	url = "https://example.com/module.alloy"\n}\n',
  'graph/label-missing': 'local.file {\n	filename = "x"\n}\n',
  'graph/label-refused': 'logging "x" {\n}\n',
  'graph/not-configurable': 'cluster { }\n',
  'graph/not-constant': 'import.string "m" {\n	content = sys.env("MODULE")\n}\n',
  'graph/not-in-module': 'declare "m" {\n	logging { }\n}\n\nm "x" { }\n',
  'graph/only-declares-in-import': 'import.string "m" {\n	content = "logging { }"\n}\n',
  'graph/only-in-module': 'argument "a" { }\n',
  'graph/self-reference': 'loki.relabel "a" {\n	forward_to = [loki.relabel.a.receiver]\n}\n',
  'graph/shadows-stdlib': 'declare "sys" {\n	export "env" {\n		value = "x"\n	}\n}\n\nsys "a" { }\n\nlocal.file "f" {\n	filename = sys.a.env\n}\n',
  'graph/top-level-attribute': 'level = "info"\n',
  'graph/unknown-component': 'loki.writ "out" {\n}\n',
  'graph/unknown-reference': 'loki.source.api "in" {\n	forward_to = [loki.write.outt.receiver]\n}\n\n' + write,
  'graph/unreadable-module': 'import.file "m" {\n	filename = "missing.alloy"\n}\n',
  'graph/unsupported-component': 'loki.source.file "logs" {\n	targets    = []\n	forward_to = []\n}\n',
  'graph/unsupported-statement': 'declare "m" {\n	level = "info"\n}\n',
  'graph/unused-argument': { text: `declare "m" {\n	argument "unused" { }\n\n${write.replace(/^(?=.)/gm, '	')}\n	export "receiver" {\n		value = loki.write.out.receiver\n	}\n}\n\nm "x" {\n	unused = 1\n}\n`, ...advice },

  'check/duplicate-attribute': 'local.file "a" {\n	filename = "x"\n	filename = "y"\n}\n',
  'check/duplicate-block': 'http {\n	tls { }\n	tls { }\n}\n',
  'check/expected-attribute': 'local.file "a" {\n	filename { }\n}\n',
  'check/expected-block': 'loki.write "out" {\n	endpoint = "https://logs.example.com"\n}\n',
  'check/inert': write.replace('push"\n', 'push"\n		batch_wait = "5s"\n'),
  'check/invalid-argument': write.replace('https://logs.example.com/loki/api/v1/push', 'logs.example.com'),
  'check/invalid-value': 'loki.source.api "in" {\n	forward_to = [otelcol.processor.batch.b.input]\n}\n\notelcol.processor.batch "b" {\n	output { }\n}\n',
  'check/missing-attribute': 'local.file "a" {\n}\n',
  'check/missing-block': 'otelcol.processor.batch "b" {\n}\n',
  'check/stability': 'otelcol.exporter.debug "out" { }\n',
  'check/type-mismatch': 'local.file "a" {\n	filename       = "x"\n	poll_frequency = "soon"\n}\n',
  'check/unexpected-label': 'loki.write "out" {\n	endpoint "main" {\n		url = "https://logs.example.com"\n	}\n}\n',
  'check/unknown-attribute': file('file_name = "x"'),
  'check/unknown-block': 'loki.write "out" {\n	endpoints { }\n}\n',

  'place/secret-file': { text: 'local.file "a" {\n	filename  = "password.txt"\n	is_secret = true\n}\n', ...lambda },
  'place/shared-listener': 'otelcol.receiver.otlp "a" {\n	http { }\n	output { }\n}\n\notelcol.receiver.otlp "b" {\n	http { }\n	output { }\n}\n',
  'place/shared-path': `${receive}\n${receive.replace('"in"', '"again"')}\n${write}`,
  'place/unguarded-receiver': { text: `${receive}\n${write}`, options: { target: 'lambda', requireAuthentication: true }, flags: 'sluice build --target=lambda' },
  'place/unguarded-receiver-warning': { text: `${receive}\n${write}`, ...advice },
  'place/unreachable': { text: write, ...advice },
  'place/unreadable-file': { text: file('filename = "missing.txt"'), ...cloudflare },

  'advice/data-ends': { text: `${receive}\nloki.write "out" { }\n`, ...advice },
  'advice/label-name': { text: write.replace('\n', '\n	external_labels = { "k8s.cluster" = "eu" }\n\n'), ...advice },
  'advice/serves-nothing': { text: 'otelcol.receiver.otlp "in" {\n	output { }\n}\n', ...advice },
  'advice/unused-module': { text: `declare "m" { }\n\n${receive}\n${write}`, ...advice },

  'limit/answer-time': { text: write.replace('push"\n', 'push"\n		remote_timeout = "20m"\n'), ...lambda },
  'limit/connections': { text: `${receive}\nloki.write "out" {\n${'	endpoint {\n		url = "https://logs.example.com/loki/api/v1/push"\n	}\n'.repeat(7)}}\n`, ...cloudflare },
  'limit/frozen-file': { text: file('filename = "package.json"'), options: { target: 'lambda', advice: true }, flags: '--target=lambda' },
  'limit/request-size': { text: receive.replace('\n', '\n	max_send_message_size = "20MiB"\n') + `\n${write}`, ...lambda },
}

/** Why the other codes have no example. */
export const withoutExample: Readonly<Record<string, string>> = {
  'syntax/illegal-nul': 'bytes that a page cannot show',
  'syntax/illegal-encoding': 'bytes that a page cannot show',
  'syntax/illegal-byte-order-mark': 'bytes that a page cannot show',
  'syntax/too-deep': 'long',
  'graph/modules-too-deep': 'long',
  'limit/variables': 'long',
  'eval/unknown-identifier': 'found by graph/unknown-reference when a configuration is built',
  'eval/capsule-addition': 'about values that are known where it runs',
  'eval/conversion': 'about values that are known where it runs',
  'eval/secret-exposed': 'about values that are known where it runs',
  'place/impossible': 'no component of this version is impossible on a platform',
  'limit/interval': 'no component of this version runs by the clock',
  'limit/bundle': 'about the result of a build',
  'limit/bundle-free': 'about the result of a build',
}
