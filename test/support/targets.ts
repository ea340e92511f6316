/** Targets as tests compare them. */

import type { Instance } from '../../src/components/contract/define.ts'
import type { Call } from '../../src/components/contract/call.ts'

/** Exported targets as plain objects, labels sorted by name. */
export function plainTargets(value: unknown): Record<string, string>[] {
  return (value as Record<string, string>[]).map(target => Object.fromEntries(Object.entries(target).sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** What a discovery component finds now. */
export async function found({ refresh }: Instance, call: Call): Promise<Record<string, string>[]> {
  return plainTargets((await refresh!.run(call))['targets'])
}
