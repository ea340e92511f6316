import { fanOut, withOutcome, type PrometheusConsumer } from '../contract/consume.ts'
import { defineComponent } from '../contract/define.ts'
import { ArgumentError } from '../contract/errors.ts'
import { forwardedSamples, relabelProcessed, relabelWritten } from '../contract/metrics.ts'
import { args, blocks, duration, integer, receivers } from '../contract/schema.ts'
import { countItems } from '../../telemetry/count.ts'
import { LabelCache, relabelPrometheus } from '../../telemetry/prometheus.ts'
import { relabelRules, rulesAt } from '../../transport/rule-args.ts'

/** Rewrites the labels of metrics by rules, or drops metrics by their labels. */
export default defineComponent({
  name: 'prometheus.relabel',
  stability: 'generally-available',
  args: args({
    /** Where the metrics go. */
    forward_to: receivers('storage.Appendable'),
    /** What to do with the labels, one rule after the other. */
    rule: blocks(relabelRules()),
    /** How many label sets are remembered with what became of them, in each isolate. */
    max_cache_size: integer({ min: 0, default: 100_000 }),
    /** How long label sets would be remembered, instead of how many of them. */
    cache_ttl: duration({ default: '0s', inert: 'Each isolate remembers at most 100000 label sets, for as long as it lives.' }),
  }),
  exports: { receiver: 'storage.Appendable', rules: 'relabel.Rules' },
  build({ forward_to, rule, max_cache_size, cache_ttl }) {
    checkCache(max_cache_size, cache_ttl)
    const relabeler = rulesAt(rule, ['rule'])
    const cache = new LabelCache(max_cache_size === 0 ? undefined : max_cache_size)
    const receiver: PrometheusConsumer = {
      async consume(batch, call) {
        const relabelled = relabelPrometheus(batch, relabeler, cache)
        const written = countItems(relabelled)
        call.count(relabelProcessed, countItems(batch))
        call.count(relabelWritten, written)
        if (relabelled.bytes.length > 0) await withOutcome(written, fanOut(forward_to, relabelled, call), accepted => { call.count(forwardedSamples, accepted) })
      },
    }
    return { exports: { receiver, rules: { rules: relabeler.rules } } }
  },
})

/** Alloy's rules for the two arguments, so that the same configurations are valid. */
function checkCache(size: number, ttl: number): void {
  if (size > 0 && ttl > 0) {
    throw new ArgumentError(['cache_ttl'], 'max_cache_size and cache_ttl exclude each other', { hint: 'set max_cache_size = 0 to use cache_ttl' })
  }
  if (size === 0 && ttl === 0) throw new ArgumentError(['max_cache_size'], 'one of max_cache_size and cache_ttl has to be set')
  if (ttl > 0 && ttl < 60_000) throw new ArgumentError(['cache_ttl'], 'cache_ttl must be at least 1m')
}
