/** `constants`: what the process knows of itself. */
import type { ObjectValue } from '../value.ts'
import { objectValue } from '../value.ts'

export interface Host {
  hostname: string
  /** As Go names it: `linux`, `darwin`, `windows`. */
  os: string
  /** As Go names it: `amd64`, `arm64`. */
  arch: string
  /** With or without a leading v; empty where it is not known. */
  version: string
}

/** `constants` for a host. */
export function constantsNamespace({ hostname, os, arch, version }: Host): ObjectValue {
  return objectValue({ hostname, os, arch, version: version === '' ? 'v0.0.0' : version.replace(/^v?(?=\d)/, 'v') })
}
