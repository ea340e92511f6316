/** `sys`: what the process was started with. */
import type { ObjectValue } from '../value.ts'
import { FunctionValue, objectValue } from '../value.ts'
import { checkCount, toText } from './_arguments.ts'

/** `sys.env(name)` over the given environment; a variable that is not set is the empty string. */
export function sysNamespace(env: (name: string) => string | undefined): ObjectValue {
  return objectValue({
    env: new FunctionValue('env', args => {
      checkCount(args, 1)
      return env(toText(args, 0)) ?? ''
    }),
  })
}
