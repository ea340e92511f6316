import { defineComponent } from '../contract/define.ts'
import { args, blocks, list, map, string } from '../contract/schema.ts'
import { labelsOf } from '../../telemetry/labels.ts'
import { relabelRules, rulesAt } from '../../transport/rule-args.ts'
import { labels } from './_shared/targets.ts'

/** Rewrites the labels of targets by rules, or drops targets by their labels. */
export default defineComponent({
  name: 'discovery.relabel',
  stability: 'generally-available',
  args: args({
    /** The targets, as discovery components export them or written out. */
    targets: list(map(string({ required: true }), { required: true }), { required: true }),
    /** What to do with the labels, one rule after the other. */
    rule: blocks(relabelRules()),
  }),
  exports: { output: 'list(map(string))', rules: 'relabel.Rules' },
  build({ targets, rule }) {
    const relabeler = rulesAt(rule, ['rule'])
    const output = targets.flatMap(target => {
      // An empty value is the same as no label.
      const relabelled = relabeler.relabel(labelsOf(Object.entries(target).filter(([, value]) => value !== '')))
      return relabelled === undefined ? [] : [labels(Object.fromEntries(relabelled))]
    })
    return { exports: { output, rules: { rules: relabeler.rules } } }
  },
})
