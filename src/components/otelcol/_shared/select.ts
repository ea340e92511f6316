/** Editing only the items that `include` and `exclude` leave. */

import type { OtlpBatch, OtlpSignal } from '../../../telemetry/batch.ts'
import { editOtlp, type ItemView, type OtlpEdits, type ResourceView, type ScopeView } from '../../../telemetry/otlp.ts'
import type { OtlpOutput } from '../../contract/consume.ts'
import { compileMatch, type MatchArgs, type Matcher } from './match.ts'

/** Applies a change to the items of a batch that are selected. */
export type Edit = (batch: OtlpBatch, change: (item: ItemView) => void) => OtlpBatch

/**
 * An editor of the items that match `include` and do not match `exclude`. As in Alloy, the blocks are held against the signals that
 * `output` passes on, and what is passed on nowhere needs no check. Throws ArgumentError.
 */
export function selectItems(include: MatchArgs | undefined, exclude: MatchArgs | undefined, output: OtlpOutput): Edit {
  const signals = (['traces', 'metrics', 'logs'] as const).filter(signal => output[signal].length > 0)
  const matchers = new Map<OtlpSignal, { include?: Matcher | undefined; exclude?: Matcher | undefined }>(signals.map(signal => [signal, {
    include: include && compileMatch(include, signal, 'include'),
    exclude: exclude && compileMatch(exclude, signal, 'exclude'),
  }]))
  return (batch, change) => {
    const matcher = matchers.get(batch.signal)
    return matcher === undefined ? batch : editOtlp(batch, selective(matcher.include, matcher.exclude, change))
  }
}

function selective(include: Matcher | undefined, exclude: Matcher | undefined, change: (item: ItemView) => void): OtlpEdits {
  if (include === undefined && exclude === undefined) return { item: change }
  // What the resource and the scope have said; items ask the rest.
  let included = true
  let excluded = false
  const resource = (view: ResourceView) => {
    included = include?.resource(view) ?? true
    excluded = exclude?.resource(view) ?? false
  }
  let includedScope = true
  let excludedScope = false
  const scope = (view: ScopeView) => {
    includedScope = included && (include?.scope(view) ?? true)
    excludedScope = excluded && exclude!.scope(view)
  }
  return {
    resource,
    scope,
    item(item) {
      if (!includedScope || include?.item(item) === false) return
      if (excludedScope && exclude!.item(item)) return
      change(item)
    },
  }
}
