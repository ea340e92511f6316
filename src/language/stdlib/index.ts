/** The whole standard library, for the command line and tests. Bundles import the files that they need instead. */
import type { ObjectValue } from '../value.ts'
import * as array from './array.ts'
import type { LibraryPart } from './assemble.ts'
import { assembleLibrary } from './assemble.ts'
import * as coalesce from './coalesce.ts'
import type { Host } from './constants.ts'
import { constantsNamespace } from './constants.ts'
import * as convert from './convert.ts'
import * as encodingYaml from './encoding-yaml.ts'
import * as encoding from './encoding.ts'
import * as file from './file.ts'
import * as jsonPath from './json-path.ts'
import * as string from './string.ts'
import { sysNamespace } from './sys.ts'

export * from './assemble.ts'
export * from './catalog.ts'

const parts: readonly LibraryPart[] = [
  { namespace: 'array', members: array.members },
  { namespace: '', members: coalesce.members },
  { namespace: 'convert', members: convert.members },
  { namespace: 'encoding', members: encoding.members },
  { namespace: 'encoding', members: encodingYaml.members },
  { namespace: 'file', members: file.members },
  { namespace: '', members: jsonPath.members },
  { namespace: 'string', members: string.members },
]

/** All functions and constants, over an environment and a host. */
export function stdlib(
  env: (name: string) => string | undefined,
  host: Host = { hostname: '', os: 'linux', arch: 'amd64', version: '' },
): ObjectValue {
  return assembleLibrary([
    ...parts,
    { namespace: 'sys', members: sysNamespace(env) },
    { namespace: 'constants', members: constantsNamespace(host) },
  ])
}
