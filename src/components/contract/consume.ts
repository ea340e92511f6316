/** How batches are handed on. */

import type { Batch, LokiBatch, OtlpBatch, OtlpSignal, PrometheusBatch } from '../../telemetry/batch.ts'
import type { Call } from './call.ts'
import { ConsumeError, joinFailures } from './errors.ts'

/**
 * Takes batches. `consume` resolves when the batch is *safe downstream*: delivered, or in durable state. It rejects with a
 * ConsumeError otherwise. Batches are immutable, so the same one may go to many.
 */
export interface Consumer<B extends Batch> {
  consume(batch: B, call: Call): Promise<void>
}

export type OtlpConsumer = Consumer<OtlpBatch>
export type PrometheusConsumer = Consumer<PrometheusBatch>
export type LokiConsumer = Consumer<LokiBatch>

/** Alloy's names of the values that no literal can write, as `capsule("...")` shows them, and what stands behind each here. */
export interface Capsules {
  'otelcol.Consumer': OtlpConsumer
  'auth.Handler': AuthHandler
  'storage.Appendable': PrometheusConsumer
  'loki.LogsReceiver': LokiConsumer
  'relabel.Rules': RelabelRules
}
export type CapsuleType = keyof Capsules

/** Rules that one relabel component exports for another component to apply. */
export interface RelabelRules {
  readonly rules: readonly unknown[]
}

/** Both sides of an `otelcol.auth.*` handler; a side that a component lacks is absent. */
export interface AuthHandler {
  /** Checks a request at a receiver: what is known of the sender, or undefined for 401. */
  readonly authenticate?: (headers: Headers, call: Call) => Promise<Readonly<Record<string, string>> | undefined>
  /** What a 401 says in WWW-Authenticate, so that clients know which credentials to send. */
  readonly challenge?: string
  /** Adds credentials to an exporter's request; `headers` is changed in place. */
  readonly authorize?: (headers: Headers, call: Call) => Promise<void>
}

const unknownYet = (): Promise<never> => Promise.reject(new Error('this stands in for a component while a build is only being checked'))

/** What stands in for a capsule that is not known yet: it can do everything, so that what is written can be told from what is not. */
export const blankCapsules: Capsules = {
  'otelcol.Consumer': { consume: unknownYet },
  'auth.Handler': { authenticate: unknownYet, authorize: unknownYet },
  'storage.Appendable': { consume: unknownYet },
  'loki.LogsReceiver': { consume: unknownYet },
  'relabel.Rules': { rules: [] },
}

/** Hands a batch to every consumer at once, waits for all of them, and joins what failed. */
export async function fanOut<B extends Batch>(consumers: readonly Consumer<B>[], batch: B, call: Call): Promise<void> {
  if (consumers.length === 1) return consumers[0]!.consume(batch, call)
  const outcomes = await Promise.allSettled(consumers.map(consumer => consumer.consume(batch, call)))
  const failures = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
  if (failures.length > 0) throw joinFailures(failures)
}

/** Waits for `consumed`, the way of so many items downstream, and tells how many of them are safe and how many were refused. */
export async function withOutcome(items: number, consumed: Promise<void>, tell: (accepted: number, refused: number) => void): Promise<void> {
  let refused = 0
  try {
    await consumed
  } catch (error) {
    // Downstream, one item may have become several.
    refused = Math.min(items, error instanceof ConsumeError ? error.rejected ?? items : items)
    throw error
  } finally {
    tell(items - refused, refused)
  }
}

/** The consumers of an `output` block, by signal. */
export interface OtlpOutput extends Readonly<Record<OtlpSignal, readonly OtlpConsumer[]>> {
  /** Where traces go. */
  readonly traces: readonly OtlpConsumer[]
  /** Where metrics go. */
  readonly metrics: readonly OtlpConsumer[]
  /** Where logs go. */
  readonly logs: readonly OtlpConsumer[]
}

/** Hands an OTLP batch to the consumers of its signal; with none, the data ends here, as in Alloy. */
export const toOutput = (output: OtlpOutput, batch: OtlpBatch, call: Call): Promise<void> => fanOut(output[batch.signal], batch, call)
