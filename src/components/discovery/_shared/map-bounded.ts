/** Doing the same for many, a few at a time. */

/** An invocation on Workers has six connections. */
const atOnce = 6

/** What `run` makes of each item, in the items' order; at most six are under way at once. Rejects as the first one that does. */
export async function mapBounded<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length)
  const left = items.entries()
  const work = async () => { for (const [i, item] of left) results[i] = await run(item) }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  return results
}
