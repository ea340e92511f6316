/** What a receiver of remote-write 2.0 says that it has written. */

export interface Written {
  /** Samples and histograms. */
  readonly items: number
  readonly exemplars: number
}

const headerOf = (kind: string) => `x-prometheus-remote-write-${kind}-written`
const kinds = ['samples', 'histograms', 'exemplars'] as const

/** What the headers of an answer say; undefined where they say nothing at all, as receivers of 1.0 do. What is no number counts as 0. */
export function writtenIn(headers: Headers): Written | undefined {
  if (!kinds.some(kind => headers.has(headerOf(kind)))) return undefined
  const [samples, histograms, exemplars] = kinds.map(kind => {
    const text = headers.get(headerOf(kind)) ?? ''
    return /^\d{1,15}$/.test(text) ? Number(text) : 0
  })
  return { items: samples! + histograms!, exemplars: exemplars! }
}
