import { debugMetrics } from '../_shared/debug-metrics.ts'
import type { Call } from '../../contract/call.ts'
import type { AuthHandler } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { ArgumentError, permanent } from '../../contract/errors.ts'
import { args, blocks, secret, string, type Decoded } from '../../contract/schema.ts'

const headerFields = {
  /** The header's name. */
  key: string({ required: true }),
  /** What to send, written out. */
  value: secret(),
  /** What to send: the request header of that name at a receiver with `include_metadata`. */
  from_context: string(),
  /** What to send: what the receiver's auth handler knows of the sender under that name. */
  from_attribute: string(),
  /** `insert` sets it unless it is there, `update` only if it is, `upsert` in any case; `delete` takes it away. */
  action: string({ default: 'upsert' }),
}
type Header = Decoded<typeof headerFields>

/** Which header to set, given the value it has and the one it might get; undefined to leave it, null to take it away. */
const actions: Readonly<Record<string, (had: boolean, value: string) => string | null | undefined>> = {
  insert: (had, value) => (had ? undefined : value),
  update: (had, value) => (had ? value : undefined),
  upsert: (_, value) => value,
  delete: () => null,
}

/** Sets headers of what exporters send, from fixed values or from what is known of the request that brought the data. */
export default defineComponent({
  name: 'otelcol.auth.headers',
  stability: 'generally-available',
  args: args({
    /** One header to set. */
    header: blocks(headerFields),
    /** Alloy's own metrics of this component. */
    debug_metrics: debugMetrics(),
  }),
  exports: { handler: 'auth.Handler' },
  build({ header: headers }) {
    headers.forEach(check)
    const handler: AuthHandler = {
      async authorize(sent, call) {
        for (const header of headers) {
          const had = (sent.get(header.key) ?? '') !== ''
          const next = actions[header.action.toLowerCase()]!(had, valueOf(header, call))
          if (next === null) sent.delete(header.key)
          else if (next !== undefined) sent.set(header.key, next)
        }
      },
    }
    return { exports: { handler } }
  },
})

function check({ key, value, from_context, from_attribute, action }: Header, index: number): void {
  const refuse = (name: string, message: string): never => { throw new ArgumentError(['header', index, name], message) }
  if (actions[action.toLowerCase()] === undefined) {
    refuse('action', `unknown action ${action}; known are ${Object.keys(actions).join(', ')}`)
  }
  if (key === '') refuse('key', 'key must be set to a non-empty string')
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(key)) refuse('key', `${JSON.stringify(key)} is not the name of a header`)
  const sources = [value, from_context, from_attribute].filter(source => source !== undefined).length
  if (sources === 0) refuse('key', 'one of value, from_context, or from_attribute must be provided')
  if (sources > 1) refuse('key', 'only one of value, from_context, or from_attribute may be provided')
}

function valueOf({ key, value, from_context, from_attribute }: Header, { client }: Call): string {
  if (value !== undefined) return value.reveal()
  if (from_attribute !== undefined) return client.auth[from_attribute] ?? ''
  const found = client.metadata[from_context!.toLowerCase()] ?? []
  if (found.length > 1) throw permanent(`header ${key}: the request had ${from_context} ${found.length} times, and only one can be sent on`)
  return found[0] ?? ''
}
