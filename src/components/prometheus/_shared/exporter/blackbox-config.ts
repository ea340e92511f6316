/** The configuration of the blackbox exporter: modules in YAML, of which those that probe by HTTP can be used. */

import { parse } from 'yaml'
import { compileRegex, RegexError, type Regex } from '../../../../lib/regex.ts'
import { parseByteSize } from '../../../../lib/byte-size.ts'
import { isHeaderValue } from '../../../../transport/arguments.ts'
import { parsePrometheusDuration } from '../scrape/duration.ts'

/** What a configuration says that cannot be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** A header that has to match, or must not. */
export interface HeaderMatch {
  readonly header: string
  readonly regexp: Regex
  readonly allowMissing: boolean
}

export interface HttpModule {
  readonly method: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string | undefined
  readonly validStatus: readonly number[]
  readonly followRedirects: boolean
  readonly failIfSsl: boolean
  readonly failIfNotSsl: boolean
  readonly failIfBodyMatches: readonly Regex[]
  readonly failIfBodyNotMatches: readonly Regex[]
  readonly failIfHeaderMatches: readonly HeaderMatch[]
  readonly failIfHeaderNotMatches: readonly HeaderMatch[]
  /** 0 is no limit of the user's. */
  readonly bodyLimit: number
}

export interface Module {
  /** `http`, `tcp`, ...; only the first can be used. */
  readonly prober: string
  /** 0: as long as the scrape may take. */
  readonly timeoutMs: number
  readonly http: HttpModule
}

type Object_ = Readonly<Record<string, unknown>>

const probers = ['http', 'tcp', 'icmp', 'dns', 'grpc']
/** Known, and without an effect where the platform's fetch connects. */
const withoutEffect = [
  'preferred_ip_protocol', 'ip_protocol_fallback', 'skip_resolve_phase_with_proxy', 'valid_http_versions', 'tls_config', 'proxy_url', 'no_proxy',
  'proxy_from_environment', 'proxy_connect_header', 'enable_http2', 'compression',
]
const httpKeys = [
  ...withoutEffect, 'valid_status_codes', 'no_follow_redirects', 'follow_redirects', 'fail_if_ssl', 'fail_if_not_ssl', 'method', 'headers', 'body',
  'fail_if_body_matches_regexp', 'fail_if_body_not_matches_regexp', 'fail_if_header_matches', 'fail_if_header_not_matches', 'body_size_limit',
  'basic_auth', 'authorization', 'bearer_token',
]

/** The modules of a configuration by name. Throws ConfigError with the place of what is wrong. */
export function parseModules(yaml: string): ReadonlyMap<string, Module> {
  let document: unknown
  try {
    document = parse(yaml, { maxAliasCount: 100 })
  } catch (error) {
    throw new ConfigError((error as Error).message.split('\n')[0])
  }
  const { modules = {} } = known(document ?? {}, 'the configuration', ['modules'])
  return new Map(Object.entries(objectOf(modules, 'modules')).map(([name, module]) => [name, moduleOf(module, `module ${JSON.stringify(name)}`)]))
}

function moduleOf(value: unknown, at: string): Module {
  const { prober = '', timeout = '0', http = {} } = known(value ?? {}, at, ['prober', 'timeout', ...probers])
  if (typeof prober !== 'string') throw new ConfigError(`${at}: prober should be a string`)
  return { prober, timeoutMs: durationOf(timeout, `${at}: timeout`), http: httpOf(http, `${at}: http`) }
}

function httpOf(value: unknown, at: string): HttpModule {
  const http = known(value ?? {}, at, httpKeys)
  const flag = (name: string, fallback: boolean) => {
    const given = http[name] ?? fallback
    if (typeof given !== 'boolean') throw new ConfigError(`${at}: ${name} should be true or false`)
    return given
  }
  return {
    method: textOf(http['method'] ?? 'GET', `${at}: method`).toUpperCase(),
    headers: [...Object.entries(objectOf(http['headers'] ?? {}, `${at}: headers`)).map(([name, text]) => headerOf(name, text, at)), ...credentials(http, at)],
    body: http['body'] === undefined ? undefined : textOf(http['body'], `${at}: body`),
    validStatus: listOf(http['valid_status_codes'], `${at}: valid_status_codes`).map(Number),
    followRedirects: http['no_follow_redirects'] === undefined ? flag('follow_redirects', true) : !flag('no_follow_redirects', false),
    failIfSsl: flag('fail_if_ssl', false),
    failIfNotSsl: flag('fail_if_not_ssl', false),
    failIfBodyMatches: listOf(http['fail_if_body_matches_regexp'], at).map(each => regexOf(each, at)),
    failIfBodyNotMatches: listOf(http['fail_if_body_not_matches_regexp'], at).map(each => regexOf(each, at)),
    failIfHeaderMatches: listOf(http['fail_if_header_matches'], at).map(each => headerMatch(each, at)),
    failIfHeaderNotMatches: listOf(http['fail_if_header_not_matches'], at).map(each => headerMatch(each, at)),
    bodyLimit: sizeOf(http['body_size_limit'] ?? 0, `${at}: body_size_limit`),
  }
}

function headerOf(name: string, value: unknown, at: string): readonly [string, string] {
  const text = textOf(value, `${at}: header ${name}`)
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !isHeaderValue(text)) throw new ConfigError(`${at}: header ${JSON.stringify(name)} cannot be sent`)
  return [name, text]
}

function credentials(http: Object_, at: string): (readonly [string, string])[] {
  const header = (value: string) => [headerOf('Authorization', value, at)]
  if (http['bearer_token'] !== undefined) return header(`Bearer ${textOf(http['bearer_token'], at)}`)
  if (http['authorization'] !== undefined) {
    const { type = 'Bearer', credentials: secret = '' } = known(http['authorization'], `${at}: authorization`, ['type', 'credentials'])
    return header(`${textOf(type, at)} ${textOf(secret, at)}`)
  }
  if (http['basic_auth'] === undefined) return []
  const { username = '', password = '' } = known(http['basic_auth'], `${at}: basic_auth`, ['username', 'password'])
  const bytes = new TextEncoder().encode(`${textOf(username, at)}:${textOf(password, at)}`)
  return header(`Basic ${btoa(String.fromCharCode(...bytes))}`)
}

function headerMatch(value: unknown, at: string): HeaderMatch {
  const { header = '', regexp = '', allow_missing = false } = known(value, `${at}: a header's match`, ['header', 'regexp', 'allow_missing'])
  return { header: textOf(header, at), regexp: regexOf(regexp, at), allowMissing: allow_missing === true }
}

function regexOf(value: unknown, at: string): Regex {
  try {
    return compileRegex(textOf(value, at))
  } catch (error) {
    if (!(error instanceof RegexError)) throw error
    throw new ConfigError(`${at}: could not compile regular expression ${JSON.stringify(value)}: ${error.message}`)
  }
}

function objectOf(value: unknown, at: string): Object_ {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ConfigError(`${at} should be a mapping`)
  return value as Object_
}

function known(value: unknown, at: string, names: readonly string[]): Object_ {
  const object = objectOf(value, at)
  const unknown = Object.keys(object).find(name => !names.includes(name))
  if (unknown !== undefined) throw new ConfigError(`${at}: field ${unknown} is not known here`)
  return object
}

function listOf(value: unknown, at: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new ConfigError(`${at} should be a list`)
  return value
}

function textOf(value: unknown, at: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new ConfigError(`${at} should be a string`)
}

function durationOf(value: unknown, at: string): number {
  try {
    return parsePrometheusDuration(textOf(value, at))
  } catch (error) {
    throw new ConfigError(`${at}: ${(error as Error).message}`)
  }
}

function sizeOf(value: unknown, at: string): number {
  const size = typeof value === 'number' ? value : parseByteSize(textOf(value, at))
  if (size === undefined) throw new ConfigError(`${at}: ${String(value)} is not a size such as "20MiB"`)
  return size
}
