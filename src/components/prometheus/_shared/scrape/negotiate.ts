/** The other side: what a page of our own is sent as, by the Accept header of whoever scrapes it. */

import { escapingSchemes, type EscapingScheme } from './protocols.ts'

interface Range {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
  readonly weight: number
}

/** The media ranges of an Accept header, the most wanted first. */
function parseAccept(accept: string): Range[] {
  const ranges = accept.split(',').slice(0, 64).map((part): Range => {
    const [type = '', ...rest] = part.split(';').map(piece => piece.trim())
    const parameters = Object.fromEntries(rest.filter(piece => piece.includes('='))
      .map(piece => [piece.slice(0, piece.indexOf('=')).trim(), piece.slice(piece.indexOf('=') + 1).trim()]))
    const weight = Number(parameters['q'] ?? 1)
    return { type: type.toLowerCase(), parameters, weight: Number.isFinite(weight) ? weight : 1 }
  })
  const breadth = ({ type }: Range) => (type === '*/*' ? 2 : type.endsWith('/*') ? 1 : 0)
  return ranges.sort((a, b) => b.weight - a.weight || breadth(a) - breadth(b))
}

const protobuf = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding='

/**
 * The Content-Type to answer with, as Prometheus' client libraries choose it. `openMetrics`: whether OpenMetrics is on offer;
 * `escaping`: how names are escaped for those who do not say.
 */
export function negotiate(accept: string, { openMetrics, escaping }: { openMetrics: boolean; escaping: EscapingScheme }): string {
  let scheme: string = escaping
  for (const { type, parameters } of parseAccept(accept)) {
    const asked = parameters['escaping'] ?? ''
    if ((escapingSchemes as readonly string[]).includes(asked)) scheme = asked
    const version = parameters['version'] ?? ''
    const content = contentOf(type, parameters, version, openMetrics)
    if (content !== undefined) return `${content}; escaping=${scheme}`
  }
  return `text/plain; version=0.0.4; charset=utf-8; escaping=${scheme}`
}

function contentOf(type: string, parameters: Range['parameters'], version: string, openMetrics: boolean): string | undefined {
  if (type === 'application/vnd.google.protobuf' && parameters['proto'] === 'io.prometheus.client.MetricFamily') {
    const { encoding = '' } = parameters
    return ['delimited', 'text', 'compact-text'].includes(encoding) ? protobuf + encoding : undefined
  }
  if (type === 'text/plain' && ['', '0.0.4'].includes(version)) return 'text/plain; version=0.0.4; charset=utf-8'
  if (openMetrics && type === 'application/openmetrics-text' && ['', '0.0.1', '1.0.0'].includes(version)) {
    return `application/openmetrics-text; version=${version === '1.0.0' ? version : '0.0.1'}; charset=utf-8`
  }
  return undefined
}
