import { sameSecret } from '../../../lib/same-secret.ts'
import { debugMetrics } from '../_shared/debug-metrics.ts'
import type { AuthHandler } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { args, secret, string } from '../../contract/schema.ts'

/** Sends a token with what exporters send, and asks for it at receivers. */
export default defineComponent({
  name: 'otelcol.auth.bearer',
  stability: 'generally-available',
  args: args({
    /** What stands before the token; empty for the token alone. */
    scheme: string({ default: 'Bearer' }),
    /** The token. */
    token: secret({ required: true }),
    /** The header that carries it. */
    header: string({ default: 'Authorization' }),
    /** Alloy's own metrics of this component. */
    debug_metrics: debugMetrics(),
  }),
  exports: { handler: 'auth.Handler' },
  build({ scheme, token, header }) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header)) {
      throw new ArgumentError(['header'], `${JSON.stringify(header)} is not the name of a header`)
    }
    const value = scheme === '' ? token.reveal() : `${scheme} ${token.reveal()}`
     
    if (/[\u0000-\u001f\u007f]/.test(value)) {
      throw new ArgumentError(['token'], 'the token has a line break or another control character in it', {
        hint: 'trim what it is read from, with string.trim_space(...)',
      })
    }
    const handler: AuthHandler = {
      async authenticate(headers) {
        const given = headers.get(header)
        return given !== null && sameSecret(given, value) ? {} : undefined
      },
      async authorize(headers) { headers.set(header, value) },
      ...(scheme !== '' && { challenge: scheme }),
    }
    return { exports: { handler } }
  },
})
