/** `convert`: from secrets to plain strings, on purpose. */
import { wrongType } from '../convert.ts'
import { FunctionValue, objectValue, OptionalSecret, Secret } from '../value.ts'
import { checkCount } from './_arguments.ts'

/** The text of a secret; a string stays. */
export const members = objectValue({
  nonsensitive: new FunctionValue('nonsensitive', args => {
    checkCount(args, 1)
    const value = args[0]!
    if (value instanceof Secret) return value.reveal()
    if (value instanceof OptionalSecret) return value.value
    if (typeof value === 'string') return value
    if (value === null) return ''
    throw wrongType(value, 'capsule', { argument: 0, path: [] })
  }, { reveals: true }),
})
