/** Addresses to listen on, as Go writes them. */

import { ArgumentError } from '../../contract/errors.ts'

/** Host and port of `0.0.0.0:4318`, `[::1]:4318` or `:4318` (every address). Throws ArgumentError; `path` leads to the argument. */
export function parseListen(endpoint: string, path: readonly string[]): { host: string; port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(endpoint)
  const port = Number(match?.[3])
  if (match === null || port > 65535) {
    throw new ArgumentError(path, `${JSON.stringify(endpoint)} is not an address to listen on`, {
      hint: 'write a host and a port, like "0.0.0.0:4318"',
    })
  }
  return { host: match[1] ?? (match[2] === '' ? '0.0.0.0' : match[2]!), port }
}
