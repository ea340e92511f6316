/** What a message is, and how one is defined. */

export type Severity = 'error' | 'warning'

/** What is wrong, without the place: combined with a range it becomes a `Diagnostic`. */
export interface Problem {
  severity: Severity
  /** Stable, `area/kebab-case`. */
  code: string
  message: string
  /** The way out, where one is known. */
  hint?: string
}

/** A message: how to write it, and what the errors page says about it. */
export interface Message<Args extends unknown[]> {
  (...args: Args): Problem
  readonly code: string
  readonly severity: Severity
  /** One or two sentences for the errors page: what it means and what to do. */
  readonly explain: string
  /** The message with dots for what varies; undefined where it cannot be written so. */
  readonly sample: () => string | undefined
}

interface Definition<Args extends unknown[]> {
  code: string
  severity?: Severity
  explain: string
  text: (...args: Args) => string
  hint?: (...args: Args) => string | undefined
}

/** Makes a message of its definition; an error unless it says otherwise. */
export function define<Args extends unknown[]>(definition: Definition<Args>): Message<Args> {
  const { code, severity = 'error', explain, text } = definition
  const write = (...args: Args): Problem => {
    const hint = definition.hint?.(...args)
    return { severity, code, message: text(...args), ...(hint !== undefined && { hint }) }
  }
  const sample = () => {
    try {
      return text(...Array.from({ length: text.length }, () => '…') as unknown as Args)
    } catch {
      return undefined
    }
  }
  return Object.assign(write, { code, severity, explain, sample })
}
