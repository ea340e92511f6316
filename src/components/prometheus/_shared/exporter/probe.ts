/** One probe by HTTP, and the page that tells of it. */

import type { Call } from '../../../contract/call.ts'
import { concat, text } from '../../../../lib/bytes.ts'
import { formatFloat } from '../../../../lib/go-format.ts'
import { parseHttpDate } from '../../../../lib/time.ts'
import { refusedAddress } from '../../../../transport/egress.ts'
import { userAgent } from '../../../../transport/user-agent.ts'
import type { HeaderMatch, HttpModule } from './blackbox-config.ts'

/** The most of a body that is read, whatever the configuration says. */
const maxBodyBytes = 8 * 1024 * 1024
const maxRedirects = 10

interface Found {
  success: boolean
  /** Why not; for the log. */
  reason: string
  status: number
  redirects: number
  ssl: boolean
  length: number
  bodyBytes: number
  failedByRegex: boolean
  lastModified: number | undefined
  processingMs: number
  transferMs: number
}

/** Probes `target` and answers the page about it. */
export async function probeHttp(call: Call, target: string, module: HttpModule, timeoutMs: number): Promise<string> {
  const startMs = call.now()
  const found: Found = {
    success: false, reason: '', status: 0, redirects: 0, ssl: false, length: 0, bodyBytes: 0, failedByRegex: false, lastModified: undefined,
    processingMs: 0, transferMs: 0,
  }
  try {
    await call.within(timeoutMs, signal => probe(call, target, module, found, signal))
  } catch (error) {
    found.success = false
    found.reason = error instanceof Error ? error.message : String(error)
  }
  if (!found.success) call.log('debug', 'Probe failed', { target, reason: found.reason })
  return pageOf(found, (call.now() - startMs) / 1000)
}

async function probe(call: Call, target: string, module: HttpModule, found: Found, signal: AbortSignal): Promise<void> {
  const startMs = call.now()
  const response = await answerOf(call, /^https?:\/\//i.test(target) ? target : `http://${target}`, module, found, signal)
  const headMs = call.now()
  found.processingMs = headMs - startMs
  found.status = response.status
  found.length = Number(response.headers.get('content-length') ?? -1)
  const modified = parseHttpDate(response.headers.get('last-modified') ?? '')
  found.lastModified = modified === undefined ? undefined : modified / 1000
  found.success = module.validStatus.length > 0 ? module.validStatus.includes(response.status) : response.status >= 200 && response.status < 300
  if (!found.success) found.reason = `status ${response.status}`

  const body = await bodyOf(response, module.bodyLimit > 0 ? Math.min(module.bodyLimit, maxBodyBytes) : maxBodyBytes, signal)
  found.bodyBytes = body.length
  found.transferMs = call.now() - headMs
  if (found.success) judge(module, response.headers, body, found)
  if (found.ssl ? module.failIfSsl : module.failIfNotSsl) {
    found.success = false
    found.reason = found.ssl ? 'the final request was over SSL' : 'the final request was not over SSL'
  }
}

async function answerOf(call: Call, first: string, module: HttpModule, found: Found, signal: AbortSignal): Promise<Response> {
  let url = new URL(first)
  const { origin } = url
  let { method, body } = module
  for (;;) {
    const refused = refusedAddress(url, call.egress)
    if (refused !== undefined) throw new Error(refused)
    const headers = new Headers({ 'user-agent': userAgent })
    // Credentials are for who was meant to get them.
    for (const [name, value] of module.headers) if (url.origin === origin || name.toLowerCase() !== 'authorization') headers.set(name, value)
    found.ssl = url.protocol === 'https:'
    const response = await call.fetch(url.href, { method, headers, redirect: 'manual', signal, ...(body !== undefined && { body }) })
    const location = response.status >= 301 && response.status <= 308 ? response.headers.get('location') : null
    if (location === null || !module.followRedirects) return response
    await response.body?.cancel()
    if (++found.redirects > maxRedirects) throw new Error(`more than ${maxRedirects} redirects`)
    url = new URL(location, url)
    if (!/^https?:$/.test(url.protocol)) throw new Error(`a redirect to ${url.protocol} is not followed`)
    if ([301, 302, 303].includes(response.status) && method !== 'HEAD') [method, body] = ['GET', undefined]
  }
}

async function bodyOf({ body }: Response, limit: number, signal: AbortSignal): Promise<Uint8Array> {
  if (body === null) return new Uint8Array(0)
  const parts: Uint8Array[] = []
  const reader = body.getReader()
  const stop = () => { void reader.cancel().catch(() => undefined) }
  signal.addEventListener('abort', stop, { once: true })
  try {
    for (let length = 0; ;) {
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return concat(parts)
      length += value.length
      if (length > limit) throw new Error(`the body is larger than ${limit} bytes`)
      parts.push(value)
    }
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

/** What the regular expressions say of an answer. */
function judge(module: HttpModule, headers: Headers, bytes: Uint8Array, found: Found): void {
  const body = module.failIfBodyMatches.length + module.failIfBodyNotMatches.length > 0 ? text(bytes) : ''
  const reason = headerProblem(headers, module.failIfHeaderMatches, true) ?? headerProblem(headers, module.failIfHeaderNotMatches, false)
    ?? (module.failIfBodyMatches.some(regex => regex.test(body)) ? 'the body matches' : undefined)
    ?? (module.failIfBodyNotMatches.some(regex => !regex.test(body)) ? 'the body does not match' : undefined)
  if (reason === undefined) return
  found.success = false
  found.failedByRegex = true
  found.reason = reason
}

function headerProblem(headers: Headers, matches: readonly HeaderMatch[], failing: boolean): string | undefined {
  for (const { header, regexp, allowMissing } of matches) {
    const value = headers.get(header)
    if (value === null && !allowMissing) return `header ${header} is missing`
    if (value !== null && regexp.test(value) === failing) return `header ${header} ${failing ? 'matches' : 'does not match'}`
  }
  return undefined
}

function pageOf(found: Found, seconds: number): string {
  const lines: string[] = []
  const gauge = (name: string, help: string, values: Readonly<Record<string, number>>) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`)
    for (const [labels, value] of Object.entries(values)) lines.push(`${name}${labels} ${formatFloat(value)}`)
  }
  const bit = (value: boolean) => (value ? 1 : 0)
  gauge('probe_duration_seconds', 'Returns how long the probe took to complete in seconds', { '': seconds })
  gauge('probe_failed_due_to_regex', 'Indicates if probe failed due to regex', { '': bit(found.failedByRegex) })
  gauge('probe_http_content_length', 'Length of http content response', { '': found.length })
  gauge('probe_http_duration_seconds', 'Duration of http request by phase, summed over all redirects', {
    '{phase="processing"}': found.processingMs / 1000, '{phase="transfer"}': found.transferMs / 1000,
  })
  if (found.lastModified !== undefined) {
    gauge('probe_http_last_modified_timestamp_seconds', 'Returns the Last-Modified HTTP response header in unixtime', { '': found.lastModified })
  }
  gauge('probe_http_redirects', 'The number of redirects', { '': found.redirects })
  gauge('probe_http_ssl', 'Indicates if SSL was used for the final redirect', { '': bit(found.ssl) })
  gauge('probe_http_status_code', 'Response HTTP status code', { '': found.status })
  gauge('probe_http_uncompressed_body_length', 'Length of uncompressed response body', { '': found.bodyBytes })
  gauge('probe_success', 'Displays whether or not the probe was a success', { '': bit(found.success) })
  return `${lines.join('\n')}\n`
}
