/** Which diagnostics are this compiler's own, where Alloy's would say nothing. */

/** Availability, limits and advice; what only shows once modules are read, loops are unrolled or components look at their arguments. */
const codes = new Set([
  'graph/unsupported-component', 'graph/import-not-yet', 'graph/not-constant', 'graph/unreadable-module', 'graph/unused-argument',
  'check/inert', 'check/invalid-argument',
])

/** Whether `alloy validate` (which evaluates nothing) has no diagnostic of this code. */
export const own = (code: string): boolean => codes.has(code) || code.startsWith('eval/') || code.startsWith('place/') || code.startsWith('advice/')
