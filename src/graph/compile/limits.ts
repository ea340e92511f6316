/**
 * What the platforms hold, in one table: the vendors' published limits of their paid plans. What is not here has no limit that a
 * configuration could run into.
 */

import type { Platform } from '../../components/contract/define.ts'

const kib = 1024
const mib = 1024 * kib

/** The limits of one platform; a limit that is absent does not exist there. */
export interface Limits {
  /** As people call it. */
  readonly name: string
  /** The most bytes of a request that can arrive, as sent, with the reason where it is not plain. */
  readonly request?: { readonly bytes: number; readonly why: string }
  /** After how long a request that still waits has lost its sender, and who ends it. */
  readonly answer?: { readonly ms: number; readonly why: string }
  /** Requests that one invocation has on their way at a time; further ones wait for one of them. */
  readonly connections?: number
  /** The shortest interval of the platform's clock, and how shorter ones are met. */
  readonly tick?: { readonly ms: number; readonly met: string }
  /** Variables of the environment: how many, and how many bytes names and values have together. */
  readonly variables?: { readonly count?: number; readonly bytes?: number }
  /** The bundle: what cannot be deployed at all, and what only some plans take. */
  readonly bundle?: { readonly measured: 'gzip' | 'plain'; readonly most: number; readonly free?: number }
}

export const limits: Readonly<Record<Platform, Limits>> = {
  cloudflare: {
    name: 'Cloudflare Workers',
    request: { bytes: 100e6, why: 'Cloudflare refuses larger requests before they get here' },
    connections: 6,
    variables: { count: 128 },
    bundle: { measured: 'gzip', most: 10 * mib, free: 3 * mib },
  },
  lambda: {
    name: 'AWS Lambda',
    // 6 MB of payload, of which base64 takes a quarter.
    request: { bytes: Math.floor(6 * mib * 3 / 4), why: 'Lambda takes 6 MB, and binary data arrives as base64, a third larger' },
    answer: { ms: 15 * 60_000, why: 'Lambda ends every function after 15 minutes, API Gateway every request after 30 seconds' },
    tick: { ms: 60_000, met: 'shorter intervals are met by several rounds inside one invocation, which is billed for as long as it lasts' },
    variables: { bytes: 4 * kib },
    bundle: { measured: 'plain', most: 250 * mib },
  },
  node: { name: 'Node' },
}

/** A size for people: `4.5 MiB`. */
export function sizeText(bytes: number): string {
  const [divisor, unit] = bytes >= mib ? [mib, 'MiB'] as const : [kib, 'KiB'] as const
  return `${Number((bytes / divisor).toFixed(1))} ${unit}`
}
