/** What discovery components find, and how they offer it. */

import type { Call } from '../../contract/call.ts'
import type { Instance } from '../../contract/define.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { duration } from '../../contract/schema.ts'

/** Labels by name; `__address__` says where the target is. */
export type Target = Readonly<Record<string, string>>

/** The one export of a discovery component. */
export const exports = { targets: 'list(map(string))' } as const

/** The `refresh_interval` argument. */
export const refreshInterval = (fallback: string) => duration({ default: fallback })

/** A component that looks for targets every so often; until the first time that it finds out, there are none, as in Alloy. */
export function discovers(everyMs: number, find: (call: Call) => Promise<readonly Target[]>): Instance {
  if (everyMs <= 0) throw new ArgumentError(['refresh_interval'], 'refresh_interval must be greater than 0')
  return {
    exports: { targets: [] },
    refresh: { everyMs, run: async call => ({ targets: await find(call) }) },
  }
}

/** The labels of all parts, later ones winning; what is undefined is left out. Names come from outside, so there is no prototype. */
export function labels(...parts: readonly (Readonly<Record<string, string | undefined>> | undefined)[]): Record<string, string> {
  const all = Object.create(null) as Record<string, string>
  for (const part of parts) for (const [name, value] of Object.entries(part ?? {})) if (value !== undefined) all[name] = value
  return all
}

/** A name made fit to be a part of a label's name. */
export const sanitize = (name: string): string => name.replace(/[^a-zA-Z0-9_]/gu, '_')

/** A map of foreign names as labels: `prefix` and the sanitized name. */
export function prefixed(prefix: string, values: Readonly<Record<string, unknown>> | null | undefined): Record<string, string> {
  const all = Object.create(null) as Record<string, string>
  for (const [name, value] of Object.entries(values ?? {})) if (typeof value === 'string') all[prefix + sanitize(name)] = value
  return all
}

/** `host:port`, with brackets around an IPv6 address. */
export const hostPort = (host: string, port: number | string): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

/** Values with the separator between, before and behind them, so that a pattern need not care where one stands. */
export const separated = (values: readonly string[], separator = ','): string => separator + values.join(separator) + separator
