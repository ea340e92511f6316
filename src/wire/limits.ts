/** What a message may cost, unless the caller raises it. */

export interface WireLimits {
  /** Bytes of one message, after decompression. */
  readonly bytes: number
  /** Messages within messages: OTLP itself needs 8, the rest is for nested attribute values. */
  readonly depth: number
  /** Fields that a walk of one message may visit, at all depths. */
  readonly fields: number
}

/** Alloy's own default for a request body is 20 MiB; the depth is what protobuf implementations commonly allow. */
export const defaultLimits: WireLimits = { bytes: 64 * 1024 * 1024, depth: 100, fields: 20_000_000 }
