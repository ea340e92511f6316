/**
 * `tsx scripts/shapes.ts DIR` writes src/cli/shapes.gen.txt: what every component and configuration block of Alloy takes and exports,
 * from the facts of a corpus folder (facts/component-registry.json, the struct tags of Alloy's sources). `--check` only compares.
 * The form is read by src/graph/compile/shapes.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'

interface Tag { name: string; kind: 'attr' | 'block' | 'enum' | 'squash' | 'label'; optional: boolean; go_type: string }
interface Registration { name: string; package: string; stability: string | null; community: boolean; args: string | null; exports: string | null }
interface Registry { cases: Registration[]; types: Record<string, Record<string, Tag[]>> }
/** A struct, by its package and name. */
interface Struct { package: string; name: string; tags: readonly Tag[] }

export const target = path.resolve(import.meta.dirname, '../src/cli/shapes.gen.txt')

const levels: Readonly<Record<string, string>> = { GenerallyAvailable: 'generally-available', PublicPreview: 'public-preview', Experimental: 'experimental' }

const attr = (name: string, type: string, optional = true): Tag => ({ name, kind: 'attr', optional, go_type: type })
const block = (name: string, type: string): Tag => ({ name, kind: 'block', optional: true, go_type: type })

/** Blocks of the language itself, which the registry does not list: from their reference pages, in the order of their sources. */
const language: Readonly<Record<string, readonly Tag[]>> = {
  'argument': [attr('optional', 'bool'), attr('default', 'any'), attr('comment', 'string')],
  'export': [attr('value', 'any', false)],
  'foreach': [attr('collection', '[]any', false), attr('var', 'string', false), attr('id', 'string'), attr('hash_string_id', 'bool'), attr('enable_metrics', 'bool')],
  'import.file': [attr('filename', 'string', false), attr('detector', 'filedetector.Detector'), attr('poll_frequency', 'time.Duration')],
  'import.string': [attr('content', 'alloytypes.OptionalSecret', false)],
  'import.http': [
    attr('url', 'string', false), attr('poll_frequency', 'time.Duration'), attr('poll_timeout', 'time.Duration'), attr('method', 'string'),
    attr('headers', 'map[string]string'), attr('body', 'string'), block('client', 'config.HTTPClientConfig'),
  ],
  'import.git': [
    attr('repository', 'string', false), attr('revision', 'string'), attr('path', 'string', false), attr('pull_frequency', 'time.Duration'),
    block('basic_auth', '*GitBasicAuth'), block('ssh_key', '*GitKey'),
  ],
}
const languageTypes: Readonly<Record<string, readonly Tag[]>> = {
  GitBasicAuth: [attr('username', 'string', false), attr('password', 'alloytypes.Secret', false)],
  GitKey: [attr('username', 'string', false), attr('key', 'alloytypes.Secret'), attr('key_file', 'string'), attr('passphrase', 'alloytypes.Secret')],
}

/** Configuration blocks with a struct in the registry: `package.Struct`. Services stand once; the language's own blocks are `config`. */
const settings: readonly (readonly [name: string, kind: string, struct: string])[] = [
  ['logging', 'config', 'runtime/logging Options'],
  ['tracing', 'config', 'runtime/tracing Options'],
  ['http', 'service', 'service/http Arguments'],
  ['livedebugging', 'service', 'service/livedebugging Arguments'],
  ['remotecfg', 'service', 'service/remotecfg Arguments'],
]
/** Services that take no block; a block of that name is refused by name. */
const silent = ['cluster', 'labelstore', 'otel', 'ui']

/** Import names of packages that are not the last part of their path. */
const aliases: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['commoncfg', 'commonCfg', 'common_config', 'component_config', 'config', 'types'].map(name => [name, 'component/common/config'])),
  ...Object.fromEntries(['otelcolCfg', 'otelcolConfig', 'otelconfig'].map(name => [name, 'component/otelcol/config'])),
  commonk8s: 'component/common/kubernetes',
  fnet: 'component/common/net',
  alloy_relabel: 'component/common/relabel',
  rac: 'component/otelcol/processor/resourcedetection/internal/resource_attribute_config',
  datadog_config: 'component/otelcol/exporter/datadog/config',
  googlecloudconfig: 'component/otelcol/exporter/googlecloud/config',
  googlecloudpubsubconfig: 'component/otelcol/exporter/googlecloudpubsub/config',
  tencentcvm: 'component/otelcol/processor/resourcedetection/internal/tencent/cvm',
  alibabaecs: 'component/otelcol/processor/resourcedetection/internal/alibaba/ecs',
}

/** Named types without tags of their own: as another type (`=`), or as one of the words of shapes.ts. */
const named: Readonly<Record<string, string>> = {
  'time.Duration': 'duration', 'units.Base2Bytes': 'size', 'alloytypes.Secret': 'secret', 'alloytypes.OptionalSecret': 'optional_secret',
  'discovery.Target': 'target', 'Target': 'target',
  'loki.LogsReceiver': '<loki.LogsReceiver>', 'storage.Appendable': '<storage.Appendable>', 'pyroscope.Appendable': '<pyroscope.Appendable>',
  'otelcol.Consumer': '<otelcol.Consumer>', 'Consumer': '<otelcol.Consumer>', 'auth.Handler': '<auth.Handler>', 'Handler': '<auth.Handler>',
  'extension.ExtensionHandler': '<extension.ExtensionHandler>', 'ExtensionHandler': '<extension.ExtensionHandler>',
  'relabel.Rules': '<relabel.Rules>', 'alloy_relabel.Rules': '<relabel.Rules>',
  'URL': 'url', 'config.URL': 'url', 'commoncfg.URL': 'url', 'Regexp': 'regexp', 'Template': 'template',
  'component/common/config TLSVersion': '~tls-version', 'service/http TLSVersion': '~http-tls-version',
  'ClientAuth': '~client-auth', 'TLSCipher': '~cipher', 'TLSCurve': '~curve',
  'config.SysLogFormat': '~syslog-format', 'scrapeconfig.SyslogFormat': '~loki-syslog-format', 'SyslogFormat': '~loki-syslog-format',
  'component/common/relabel Action': '~relabel-action', 'component/otelcol/auth/headers Action': '~header-action',
  'component/discovery/scaleway Role': '~scaleway-role', 'LogFormat': '~log-format', 'Format': '~log-format', 'RateLimitingStrategy': '~rate-limiting',
  'SourceType': '~source-type', 'component/loki/process/stages Source': '~source', 'FieldsType': '~cloudflare-fields',
  'CompressionFormat': '~compression-format', 'OnPositionsFileError': '~positions-error', 'SeverityLevel': '~severity',
  'ErrorMode': '~error-mode', 'ottl.ErrorMode': '~error-mode', 'ContextID': '~ottl-context', 'SplittingStrategy': '~splitting',
  'FramingTrailer': '~framing-trailer', 'filedetector.Detector': '~detector', 'configcompression.Type': '~compression-type',
  'otelcol.CompressionType': '~compression', 'CompressionType': '~compression', 'LogDestination': '~log-destination',
  'runtime/logging Level': '~log-level', 'component/otelcol/config Level': '~debug-level',
  'Tags': '=map[string]string', 'Dimensions': '=map[string]string', 'TagsPerNamespace': '=map[string][]string', 'TargetsList': '=[]map[string]string',
  'flagext.StringSlice': '=[]string', 'url.Values': '=map[string][]string', 'otelcol.Operator': '=map[string]any', 'Operator': '=map[string]any',
  'Selections': '=[]Selection', 'Services': '=[]Service', 'AttributeFamilies': '=[]AttributeFamily',
  'Statements': '=[]string', 'ContextConditionsSlice': '=[]ContextConditions', 'ContextStatementsSlice': '=[]ContextStatements',
  'PodAssociationSlice': '=[]PodAssociation', 'NamedConfigs': '=[]NamedConfig', 'DatabaseTargets': '=[]DatabaseTarget', 'WalkParams': '=[]WalkParam',
  'component/prometheus/exporter/blackbox TargetBlock': '=[]BlackboxTarget', 'component/prometheus/exporter/snmp TargetBlock': '=[]SNMPTarget',
  'AttrActionKeyValueSlice': '=[]AttrActionKeyValue', 'otelcol.AttrActionKeyValueSlice': '=[]otelcol.AttrActionKeyValue',
  'HTTPClientArguments': '=otelcol.HTTPClientArguments', 'GRPCClientArguments': '=otelcol.GRPCClientArguments',
  'HTTPServerArguments': '=otelcol.HTTPServerArguments', 'GRPCServerArguments': '=otelcol.GRPCServerArguments',
  'component/database_observability/mysql PrometheusExporterArguments': '=exporter_mysql.Arguments',
  'component/database_observability/postgres PrometheusExporterArguments': '=exporter_postgres.Arguments',
}
const moreAliases: Readonly<Record<string, string>> = {
  exporter_mysql: 'component/prometheus/exporter/mysql', exporter_postgres: 'component/prometheus/exporter/postgres',
}

/** Structs without a single tag: blocks that take nothing. */
const empty = new Set(['DecolorizeConfig', 'DockerConfig', 'SaslExternalConfig', 'WorkloadIdentity', 'dynatrace.Config'])

const plain = new Map([
  ...['string', 'bool', 'any'].map(name => [name, name] as const), ['interface{}', 'any'] as const,
  ...['int', 'int8', 'int16', 'int32', 'int64', 'uint', 'uint8', 'uint16', 'uint32', 'uint64', 'float32', 'float64', 'byte', 'rune'].map(name => [name, 'number'] as const),
])

/** How much of two packages' paths is the same. */
function shared(one: string, other: string): number {
  const [parts, others] = [one.split('/'), other.split('/')]
  const different = parts.findIndex((part, index) => part !== others[index])
  return different < 0 ? parts.length : different
}

/** The text of the table. */
export function generate(root: string): string {
  const registry = JSON.parse(readFileSync(path.join(root, 'facts/component-registry.json'), 'utf8')) as Registry
  const shapes: string[] = []
  const known = new Map<string, number>()
  /** Structs whose line is being written (they may hold themselves), with their number. */
  const numbers = new Map<string, number>()

  function struct(from: string, name: string): Struct | undefined {
    if (name in languageTypes && from === 'language') return { package: from, name, tags: languageTypes[name]! }
    const dot = name.indexOf('.')
    if (dot < 0) {
      // Where the package only renames it, the struct is in one of its own below.
      const at = [from, `${from}/internal/config`].find(at => registry.types[at]?.[name] !== undefined)
      return at === undefined ? undefined : { package: at, name, tags: registry.types[at]![name]! }
    }
    const [alias, inner] = [name.slice(0, dot), name.slice(dot + 1)]
    const near = Object.keys(registry.types)
      .filter(at => at.split('/').at(-1) === alias && registry.types[at]![inner] !== undefined)
      .sort((a, b) => shared(b, from) - shared(a, from))[0]
    const found = near ?? aliases[alias] ?? moreAliases[alias]
    const tags = found === undefined ? undefined : registry.types[found]?.[inner]
    return tags && { package: found!, name: inner, tags }
  }

  /** Tags with those of embedded structs in their place. */
  function flat({ package: from, tags }: Struct): { from: string; tag: Tag }[] {
    return tags.flatMap(tag => {
      if (tag.kind !== 'squash') return [{ from, tag }]
      const inner = struct(from, tag.go_type.replace(/^\*/, ''))
      if (inner === undefined) throw new Error(`${from}: what is embedded as ${tag.go_type} is not known`)
      return flat(inner)
    })
  }

  function number(of: Struct): number {
    const key = `${of.package} ${of.name}`
    const open = numbers.get(key)
    if (open !== undefined) return open
    const mine = shapes.push('') - 1
    numbers.set(key, mine)
    const line = flat(of).map(({ from, tag }) => field(from, tag)).join(' ')
    const twin = known.get(line)
    // What holds itself keeps its number: others refer to it already.
    if (twin !== undefined && mine === shapes.length - 1) {
      shapes.pop()
      numbers.set(key, twin)
      return twin
    }
    shapes[mine] = line
    known.set(line, mine)
    return mine
  }

  function field(from: string, { name, kind, optional, go_type: type }: Tag): string {
    const mark = optional ? '?' : ''
    switch (kind) {
      case 'attr': return `${name}${mark}:${value(from, type)}`
      case 'enum': return `${name}@${braces(from, type.replace(/^(\[\]|\*)+/, ''))}`
      case 'label': return '"label"'
      case 'squash': throw new Error(`${from}: ${name} is embedded`)
      case 'block': {
        const named = alias(from, type.replace(/^\*/, ''))
        const real = named?.startsWith('=') === true ? named.slice(1) : type
        const many = real.replace(/^\*/, '').startsWith('[]')
        return `${name}${mark}${many ? '*' : ''}${braces(from, real.replace(/^(\[\]|\*)+/, ''))}`
      }
    }
  }

  function braces(from: string, type: string): string {
    const named = alias(from, type)
    const real = named?.startsWith('=') === true ? named.slice(1) : type
    if (empty.has(real)) return `{${number({ package: 'nothing', name: 'nothing', tags: [] })}}`
    const found = struct(from, real)
    if (found === undefined) throw new Error(`${from}: the block type ${type} is not known`)
    return `{${number(found)}}`
  }

  // A package's own struct comes before a named type of the same name elsewhere.
  const alias = (from: string, type: string): string | undefined =>
    named[`${from} ${type}`] ?? (registry.types[from]?.[type] === undefined ? named[type] : undefined)

  function value(from: string, type: string): string {
    if (type.startsWith('*')) return value(from, type.slice(1))
    if (type.startsWith('[]')) return `[${value(from, type.slice(2))}]`
    if (type.startsWith('map[string]')) return `{${value(from, type.slice('map[string]'.length))}}`
    const simple = plain.get(type)
    if (simple !== undefined) return simple
    const word = alias(from, type)
    if (word !== undefined && !word.startsWith('=')) return word
    if (word !== undefined) return value(from, word.slice(1))
    const found = struct(from, type)
    if (found === undefined) throw new Error(`${from}: the type ${type} is not known`)
    return `#${number(found)}`
  }

  const numbered = (from: string, name: string | null): string => {
    if (name === null) return '-'
    return String(number(struct(from, name) ?? { package: from, name, tags: [] }))
  }

  const lines = new Map<string, string>()
  for (const { name, package: from, stability, community, args, exports } of registry.cases) {
    // The same name stands again for platforms that cannot run it.
    if (name.startsWith('testcomponents.') || lines.has(name)) continue
    lines.set(name, `component ${community ? 'community' : levels[stability!]!} ${numbered(from, args)} ${numbered(from, exports)}`)
  }
  for (const [name, tags] of Object.entries(language)) {
    lines.set(name, `config ${name === 'foreach' ? 'experimental' : 'generally-available'} ${number({ package: 'language', name, tags })} -`)
  }
  for (const [name, kind, at] of settings) {
    const [from, struct] = at.split(' ') as [string, string]
    lines.set(name, `${kind} generally-available ${numbered(from, struct)} -`)
  }
  for (const name of silent) lines.set(name, 'service generally-available - -')
  return [
    '# Generated by scripts/shapes.ts from facts about Alloy. Do not edit. src/graph/compile/shapes.ts says what the lines mean.',
    ...[...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, line]) => `${name} ${line}`),
    '',
    ...shapes,
    '',
  ].join('\n')
}

if (process.argv[1] === import.meta.filename) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { check: { type: 'boolean' } } })
  if (positionals[0] === undefined) throw new Error('usage: shapes DIR [--check]')
  const text = generate(positionals[0])
  if (values.check !== true) writeFileSync(target, text)
  else if (readFileSync(target, 'utf8') !== text) {
    console.error('src/cli/shapes.gen.txt is stale; run: npx tsx scripts/shapes.ts DIR')
    process.exitCode = 1
  }
}
