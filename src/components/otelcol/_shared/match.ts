/** The `include` and `exclude` blocks of otelcol processors: which spans, data points and log records are meant. */

import { formatFixed } from '../../../lib/go-format.ts'
import { compileRegex } from '../../../lib/regex.ts'
import type { OtlpSignal } from '../../../telemetry/batch.ts'
import { type AttributeValue, type ItemView, type ResourceView, type ScopeView, type View } from '../../../telemetry/otlp.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { anything, block, blocks, boolean, integer, list, string, type Decoded } from '../../contract/schema.ts'
import { attributeValue, sameValue } from './attribute-value.ts'
import { valueText } from './value-text.ts'

const texts = () => list(string({ required: true }), { default: [] })
const attributeFields = {
  /** The attribute's name. */
  key: string({ required: true }),
  /** The value that it has to have; any value without it. */
  value: anything({ default: null }),
}
const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap(name => [name, `${name}2`, `${name}3`, `${name}4`])

/** The fields of an `include` or `exclude` block. */
export const matchFields = {
  /** How texts below are compared: `strict` (equal) or `regexp` (found by a regular expression). */
  match_type: string({ required: true }),
  /** How regular expressions are cached. */
  regexp: block({
    /** Whether to remember results. */
    cache_enabled: boolean({ default: false }),
    /** How many results to remember. */
    cache_max_num_entries: integer({ default: 0 }),
  }, { inert: 'Regular expressions take time linear in the text; their results are not remembered.' }),
  /** Names of services, of which one has to be that of the span's resource. */
  services: texts(),
  /** Names of spans, of which one has to match. */
  span_names: texts(),
  /** Kinds of spans (`SPAN_KIND_SERVER`, ...), of which one has to match. */
  span_kinds: texts(),
  /** Log bodies, of which one has to match. */
  log_bodies: texts(),
  /** Severities as logs write them, of which one has to match. */
  log_severity_texts: texts(),
  /** The severity that a log record has at least. */
  log_severity: block({
    /** The lowest severity that matches, `TRACE` to `FATAL4`. */
    min: string({ required: true, oneOf: severities }),
    /** Whether a record without severity matches. */
    match_undefined: boolean({ required: true }),
  }),
  /** Names of metrics, of which one has to match; nothing else is compared for metrics. */
  metric_names: texts(),
  /** An attribute that has to be there. */
  attribute: blocks(attributeFields),
  /** An attribute that the resource has to have. */
  resource: blocks(attributeFields),
  /** An instrumentation scope that the item has to come from. */
  library: blocks({
    /** Its name. */
    name: string({ required: true }),
    /** Its version; any version without it. */
    version: string(),
  }),
}
/** One such block, decoded. */
export type MatchArgs = Decoded<typeof matchFields>

/** A question about an item in three parts, so that what is the same for many items is asked once; all three have to hold. */
export interface Matcher {
  resource(resource: ResourceView): boolean
  scope(scope: ScopeView): boolean
  item(item: ItemView): boolean
}

/** What a block asks of a signal; undefined where it asks nothing. `at` leads to the block; throws ArgumentError where it does not fit the signal. */
export function compileMatch(args: MatchArgs, signal: OtlpSignal, at: string): Matcher | undefined {
  const refuse = (name: string, message: string): never => { throw new ArgumentError(name === '' ? [at] : [at, name], message) }
  if (args.match_type !== 'strict' && args.match_type !== 'regexp') {
    refuse('match_type', `unrecognized match_type: '${args.match_type}', valid types are: [regexp strict]`)
  }
  checkSignal(args, signal, refuse)
  const oneOf = (name: keyof MatchArgs & `${string}s`) => textFilter(args, args[name], [at, name])
  if (signal === 'metrics') {
    const named = oneOf('metric_names')
    return named && { resource: always, scope: always, item: item => item.signal !== 'metrics' || named(item.metric.name) }
  }
  const service = oneOf('services')
  const resources = attributeFilter(args, args.resource, [at, 'resource'])
  const items = attributeFilter(args, args.attribute, [at, 'attribute'])
  const libraries = args.library.map(({ name, version }, index) => ({
    name: textFilter(args, [name], [at, 'library', index, 'name'])!,
    version: version === undefined ? always : textFilter(args, [version], [at, 'library', index, 'version'])!,
  }))
  const own = signal === 'traces'
    ? spanFilter(oneOf('span_names'), oneOf('span_kinds'))
    : logFilter(oneOf('log_bodies'), oneOf('log_severity_texts'), args.log_severity)
  return {
    resource: resource => (service === undefined || service(serviceOf(resource))) && resources(resource),
    // As in the collector, each of the scopes listed has to be the item's.
    scope: scope => libraries.every(({ name, version }) => name(scope.name) && version(scope.version)),
    item: item => own(item) && items(item),
  }
}

const always = () => true
type Text = (text: string) => boolean

/** Whether a text is one of `words`, or one of them as an expression is found in it; undefined for no words. */
function textFilter({ match_type }: MatchArgs, words: readonly string[], at: readonly (string | number)[]): Text | undefined {
  if (words.length === 0) return undefined
  if (match_type === 'strict') {
    const set = new Set(words)
    return text => set.has(text)
  }
  const regexes = words.map(word => {
    try {
      return compileRegex(word)
    } catch (error) {
      throw new ArgumentError(at, error instanceof Error ? error.message : String(error), { cause: error })
    }
  })
  return text => regexes.some(regex => regex.test(text))
}

/** Whether all of the listed attributes are there, with their values. */
function attributeFilter(args: MatchArgs, wanted: MatchArgs['attribute'], at: readonly string[]): (view: View) => boolean {
  const checks = wanted.map(({ key, value: written }, index) => {
    const path = [...at, index, 'value']
    if (key === '') throw new ArgumentError([...at, index, 'key'], 'can\'t have empty key in the list of attributes')
    const value = attributeValue(written, path)
    if (value === null) return (view: View) => view.has(key)
    if (args.match_type === 'strict') {
      return (view: View) => {
        const found = view.get(key)
        return found !== undefined && sameValue(found, value)
      }
    }
    if (typeof value !== 'string') {
      throw new ArgumentError(path, `match_type=regexp for ${JSON.stringify(key)} only supports strings`)
    }
    const matches = textFilter(args, [value], path)!
    return (view: View) => {
      const text = scalarText(view.get(key))
      return text !== undefined && matches(text)
    }
  })
  return view => checks.every(check => check(view))
}

/** What a regular expression sees of a value: nothing of lists, maps and bytes. */
function scalarText(value: AttributeValue | undefined): string | undefined {
  if (typeof value === 'number') return formatFixed(value)
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : undefined
}

function serviceOf(resource: ResourceView): string {
  const name = resource.get('service.name')
  // What the collector compares where there is no name.
  return name === undefined ? '<nil-service-name>' : valueText(name)
}

const spanKinds = ['', 'SPAN_KIND_INTERNAL', 'SPAN_KIND_SERVER', 'SPAN_KIND_CLIENT', 'SPAN_KIND_PRODUCER', 'SPAN_KIND_CONSUMER']

const spanFilter = (names: Text | undefined, kinds: Text | undefined) => (item: ItemView) =>
  item.signal !== 'traces' || ((names === undefined || names(item.name)) && (kinds === undefined || kinds(spanKinds[item.kind] ?? '')))

function logFilter(bodies: Text | undefined, texts: Text | undefined, severity: MatchArgs['log_severity']): (item: ItemView) => boolean {
  const min = severity === undefined ? 0 : severities.indexOf(severity.min) + 1
  return item => {
    if (item.signal !== 'logs') return true
    if (bodies !== undefined && !bodies(valueText(item.body))) return false
    if (texts !== undefined && !texts(item.severityText)) return false
    if (severity === undefined) return true
    const number = item.severityNumber
    return number === 0 ? severity.match_undefined : number >= min
  }
}

/** The collector's rules on which arguments go with which signal. */
function checkSignal(args: MatchArgs, signal: OtlpSignal, refuse: (name: string, message: string) => never): void {
  const common = args.attribute.length + args.library.length + args.resource.length
  if (signal === 'traces') {
    if (args.log_bodies.length > 0) refuse('log_bodies', 'log_bodies should not be specified for trace spans')
    if (args.log_severity_texts.length > 0) {
      refuse('log_severity_texts', 'log_severity_texts should not be specified for trace spans')
    }
    if (args.log_severity !== undefined) refuse('log_severity', 'log_severity should not be specified for trace spans')
    if (common + args.services.length + args.span_names.length + args.span_kinds.length === 0) {
      refuse('', 'at least one of services, span_names, span_kinds, attribute, library or resource must be specified for traces')
    }
    const unknown = args.match_type === 'strict' ? args.span_kinds.find(kind => kind === '' || !spanKinds.includes(kind)) : undefined
    if (unknown !== undefined) {
      refuse('span_kinds', `${JSON.stringify(unknown)} is none of the standard span kinds when match_type=strict: ${spanKinds.slice(1).join(', ')}`)
    }
  }
  if (signal === 'logs') {
    const wrong = (['services', 'span_names', 'span_kinds'] as const).find(name => args[name].length > 0)
    if (wrong !== undefined) refuse(wrong, 'services, span_names, and span_kinds are not valid for log records')
    if (common + args.log_bodies.length + args.log_severity_texts.length === 0 && args.log_severity === undefined) {
      refuse('', 'at least one of attribute, library, resource, log_bodies, log_severity_texts or log_severity must be specified for logs')
    }
  }
}
