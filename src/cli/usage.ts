/** Reading the command line, and complaining about it. */

import { parseArgs, type ParseArgsConfig } from 'node:util'
import { stabilities } from '../components/contract/schema.ts'

/** The command line makes no sense; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Options = NonNullable<ParseArgsConfig['options']>

/** Flags and paths; unknown flags and missing values are UsageErrors. */
export function parse<const O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('. ')[0]! : String(error), { cause: error })
  }
}

/** The value of a flag that takes one of a few words. */
export function oneOf<const W extends string>(flag: string, value: string, words: readonly W[]): W {
  const word = words.find(candidate => candidate === value)
  if (word === undefined) throw new UsageError(`--${flag} takes ${words.join(', ')}; not ${JSON.stringify(value)}`)
  return word
}

/** The flags that say which features may be used. */
export const featureFlags = {
  'stability.level': { type: 'string', default: 'generally-available' },
  'feature.community-components.enabled': { type: 'boolean', default: false },
} as const

/** What those flags mean to the compiler. */
export const features = (values: { 'stability.level': string; 'feature.community-components.enabled': boolean }) => ({
  stability: oneOf('stability.level', values['stability.level'], stabilities),
  communityComponents: values['feature.community-components.enabled'],
})

export const featureHelp = `  --stability.level=LEVEL   generally-available (default), public-preview or experimental:
                            the least stable features that may be used
  --feature.community-components.enabled
                            allow components that are kept by their users`

/** The one PATH of a command that takes one. */
export function onePath(positionals: readonly string[]): string {
  if (positionals.length !== 1) throw new UsageError(positionals.length === 0 ? 'PATH is missing' : `one PATH is wanted, not ${positionals.length}`)
  return positionals[0]!
}
