/** How we name ourselves to destinations. */

import type { Call } from '../components/contract/call.ts'
import { version } from '../lib/version.ts'

/** The User-Agent header of every request. */
export const userAgent = `Sluice/${version}`

/** The headers by which Grafana's backends tell installations apart; Alloy sends both names. */
export async function identify(headers: Headers, call: Call): Promise<void> {
  const id = await call.installation()
  headers.set('x-agent-id', id)
  headers.set('x-alloy-id', id)
}
