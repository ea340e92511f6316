/** Which formats a scrape asks for, and which one it got. */

import { quoteGo } from '../../../../lib/go-quote.ts'

/** The formats by their names in `scrape_protocols`, as the Accept header has them. */
const headers = {
  PrometheusProto: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
} as const

export type ScrapeProtocol = keyof typeof headers

/** All protocols, by name. */
export const scrapeProtocols = Object.keys(headers).sort() as ScrapeProtocol[]

/** What is asked for unless the configuration says otherwise, the best first. */
export const defaultProtocols: readonly ScrapeProtocol[] = [
  'OpenMetricsText1.0.0', 'OpenMetricsText0.0.1', 'PrometheusText1.0.0', 'PrometheusText0.0.4',
]

/** The same where native histograms are wanted, which only protobuf carries. */
export const nativeProtocols: readonly ScrapeProtocol[] = ['PrometheusProto', ...defaultProtocols]

/** How a target is to write names that the old rules do not allow. */
export const escapingSchemes = ['allow-utf-8', 'underscores', 'dots', 'values'] as const
export type EscapingScheme = (typeof escapingSchemes)[number]

const escaped = new Set<ScrapeProtocol>(['PrometheusText1.0.0', 'OpenMetricsText1.0.0'])

/** The Accept header that asks for `protocols`, the best first; only the newer text formats know of escaping. */
export function acceptHeader(protocols: readonly ScrapeProtocol[], escaping: EscapingScheme): string {
  const weight = Object.keys(headers).length + 1
  const wanted = protocols.map((protocol, i) =>
    `${headers[protocol]}${escaped.has(protocol) ? `;escaping=${escaping}` : ''};q=0.${weight - i}`)
  return [...wanted, `*/*;q=0.${weight - protocols.length}`].join(',')
}

export type PageFormat = 'text' | 'openmetrics' | 'protobuf'

const formats: Readonly<Record<string, PageFormat>> = {
  'application/openmetrics-text': 'openmetrics',
  'application/vnd.google.protobuf': 'protobuf',
  'text/plain': 'text',
}

/** The format of a page; `problem` says why it is the fallback's, or, without a format, why the page cannot be read. */
export interface FoundFormat {
  readonly format?: PageFormat
  readonly problem?: string
}

const mediaType = /^\s*([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)\s*(?:;\s*(?:[\w!#$%&'*+.^`|~-]+\s*=\s*(?:[\w!#$%&'*+.^`|~-]+|"(?:[^"\\]|\\.)*")\s*)?)*$/

/** What a Content-Type says of a page, by the rules of Prometheus 3: what says nothing is read as `fallback`, where there is one. */
export function pageFormat(contentType: string, fallback: ScrapeProtocol | undefined): FoundFormat {
  const fallbackType = fallback === undefined ? '' : headers[fallback].split(';')[0]!
  const instead = (without: string, otherwise: string): FoundFormat =>
    (fallback === undefined ? { problem: without } : { format: formats[fallbackType]!, problem: `${otherwise}, using fallback_scrape_protocol ${quoteGo(fallbackType)}` })
  if (contentType === '') {
    const blank = 'non-compliant scrape target sending blank Content-Type'
    return instead(`${blank} and no fallback_scrape_protocol specified for target`, blank)
  }
  const shown = quoteGo(contentType)
  // No header of sense is longer; a pattern need not look at what is.
  const type = contentType.length > 1024 ? undefined : mediaType.exec(contentType)?.[1]?.toLowerCase()
  if (type === undefined) {
    return instead(`cannot parse Content-Type ${shown} and no fallback_scrape_protocol for target`, `could not parse received Content-Type ${shown}`)
  }
  const format = formats[type]
  if (format !== undefined) return { format }
  return instead(`received unsupported Content-Type ${shown} and no fallback_scrape_protocol specified for target`, `received unsupported Content-Type ${shown}`)
}
