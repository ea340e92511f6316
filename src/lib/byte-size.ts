/** Sizes as Alloy's arguments write them (`20MiB`, `1.5KiB`, `1MiB512KiB`); `KB` to `EB` mean powers of 1024 too, as they do there. */

const units: ReadonlyMap<string, number> = new Map(
  ['B', 'K', 'M', 'G', 'T', 'P', 'E'].flatMap((prefix, power) => {
    const size = 1024 ** power
    return power === 0 ? [['B', size] as const] : [[`${prefix}B`, size] as const, [`${prefix}iB`, size] as const]
  }),
)

/** Bytes of a size with its unit, or undefined when `text` is none; only `0` goes without a unit. Fractions of a byte are cut off. */
export function parseByteSize(text: string): number | undefined {
  const [, sign, rest] = /^([-+]?)(.*)$/s.exec(text)!
  if (rest === '0') return 0
  if (!/^(?:(?:\d+\.?\d*|\.\d+)[A-Za-z]+)+$/.test(rest!)) return undefined
  let bytes = 0
  for (const [, amount, unit] of rest!.matchAll(/([\d.]+)([A-Za-z]+)/g)) {
    const size = units.get(unit!)
    if (size === undefined) return undefined
    bytes += Number(amount) * size
  }
  const whole = Math.floor(bytes)
  return sign === '-' && whole !== 0 ? -whole : whole
}

/** The size in the largest unit that leaves it whole: `20MiB`, `1536B` as `1.5KiB` is not whole. */
export function formatByteSize(bytes: number): string {
  let rest = bytes
  let power = 0
  while (rest !== 0 && rest % 1024 === 0 && power < 6) {
    rest /= 1024
    power++
  }
  return `${rest}${['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'][power]}`
}
