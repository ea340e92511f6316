import { defineComponent } from './contract/define.ts'
import { args, capsule, list, string } from './contract/schema.ts'

/** How the collector writes its own log. */
export default defineComponent({
  name: 'logging',
  singleton: true,
  stability: 'generally-available',
  args: args({
    /** The least severe lines to write. */
    level: string({ oneOf: ['debug', 'info', 'warn', 'error', ''], default: 'info' }),
    /** How lines are written. */
    format: string({ oneOf: ['logfmt', 'json'], default: 'logfmt' }),
    /** Where lines are written. */
    destination: string({
      oneOf: ['stderr', 'windows_event_log'],
      inert: 'Lines always go to standard error, which each platform collects in its own way.',
    }),
    /** Receivers that also get the collector's own log. */
    write_to: list(capsule('loki.LogsReceiver', { required: true }), {
      inert: 'The collector\'s own log is not sent into the graph yet; collect it with the platform\'s own means.',
    }),
  }),
  build: ({ level, format }) => ({ logging: { level: level === '' ? 'info' : level, format } }),
})
