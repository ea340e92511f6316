/**
 * The two ways in which a component says no. A ConsumeError is about data on its way; an ArgumentError is about what the user
 * wrote, found while building (so at build time already, when the value is known). Anything else that is thrown is our own bug.
 */

export interface ConsumeErrorOptions {
  /** The HTTP status a receiver should answer: 400 for permanent and 503 for retryable errors unless said otherwise. */
  status?: number
  /** How long the sender should wait before it tries again. */
  retryAfterMs?: number
  /** How many items of the batch were refused, where the rest is safe; without it, all of them. */
  rejected?: number
  cause?: unknown
}

/** A batch, or a part of it, did not reach safety. The receiver at the top turns it into the protocol's own answer. */
export class ConsumeError extends Error {
  override readonly name = 'ConsumeError'
  readonly kind: 'permanent' | 'retryable'
  readonly status: number
  readonly retryAfterMs: number | undefined
  readonly rejected: number | undefined

  constructor(kind: 'permanent' | 'retryable', message: string, options: ConsumeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.status = options.status ?? (kind === 'permanent' ? 400 : 503)
    this.retryAfterMs = options.retryAfterMs
    this.rejected = options.rejected
  }
}

/** Sending the same data again cannot help. */
export const permanent = (message: string, options?: ConsumeErrorOptions) => new ConsumeError('permanent', message, options)

/** The same data may be accepted later. */
export const retryable = (message: string, options?: ConsumeErrorOptions) => new ConsumeError('retryable', message, options)

/**
 * One error for the failures of several consumers of one batch: retryable as soon as one of them is (the others will see the batch
 * again: at least once), with the longest wait any of them asked for.
 */
export function joinFailures(failures: readonly unknown[]): unknown {
  if (failures.length === 1) return failures[0]
  // Something that is no ConsumeError is a bug, and a bug must not pass for a refusal.
  const bug = failures.find(failure => !(failure instanceof ConsumeError))
  if (bug !== undefined) return bug
  const errors = failures as ConsumeError[]
  const leading = errors.find(error => error.kind === 'retryable') ?? errors[0]!
  const waits = errors.flatMap(error => error.retryAfterMs ?? [])
  const whole = errors.some(error => error.rejected === undefined)
  return new ConsumeError(leading.kind, errors.map(error => error.message).join('; '), {
    status: leading.status,
    cause: errors,
    ...(waits.length > 0 && { retryAfterMs: Math.max(...waits) }),
    ...(!whole && { rejected: Math.max(...errors.map(error => error.rejected ?? 0)) }),
  })
}

/** What the user wrote cannot work: `path` leads to the argument (`['endpoint', 0, 'url']`), empty for the component as a whole. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError'
  readonly path: readonly (string | number)[]
  readonly hint: string | undefined

  constructor(path: readonly (string | number)[], message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.path = path
    this.hint = options.hint
  }
}
