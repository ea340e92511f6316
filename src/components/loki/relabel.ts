import { fanOut, type LokiConsumer } from '../contract/consume.ts'
import { defineComponent } from '../contract/define.ts'
import { lokiRelabelProcessed, lokiRelabelWritten } from '../contract/metrics.ts'
import { args, blocks, integer, receivers } from '../contract/schema.ts'
import { countItems } from '../../telemetry/count.ts'
import { StreamCache, relabelLoki } from '../../telemetry/loki.ts'
import { relabelRules, rulesAt } from '../../transport/rule-args.ts'

/** Rewrites the labels of log entries by rules, or drops entries by their labels. */
export default defineComponent({
  name: 'loki.relabel',
  stability: 'generally-available',
  args: args({
    /** Where the entries go. */
    forward_to: receivers('loki.LogsReceiver'),
    /** What to do with the labels, one rule after the other. */
    rule: blocks(relabelRules()),
    /** How many label sets are remembered with what became of them, in each isolate. */
    max_cache_size: integer({ min: 1, default: 10_000 }),
  }),
  exports: { receiver: 'loki.LogsReceiver', rules: 'relabel.Rules' },
  build({ forward_to, rule, max_cache_size }) {
    const relabeler = rulesAt(rule, ['rule'])
    const cache = new StreamCache(max_cache_size)
    const receiver: LokiConsumer = {
      async consume(batch, call) {
        const relabelled = relabelLoki(batch, relabeler, cache)
        call.count(lokiRelabelProcessed, countItems(batch))
        call.count(lokiRelabelWritten, countItems(relabelled))
        if (relabelled.bytes.length > 0) await fanOut(forward_to, relabelled, call)
      },
    }
    return { exports: { receiver, rules: { rules: relabeler.rules } } }
  },
})
