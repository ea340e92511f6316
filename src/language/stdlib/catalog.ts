/** The standard library as data: which file has which function, and how stable it is. Imports nothing, so that knowing costs nothing. */

export type Stability = 'generally-available' | 'experimental'

export interface LibraryModule {
  /** The object that its members belong to; empty for functions that are global. */
  namespace: string
  /** What it exports as `members` (or makes, where it needs to be told of its host), and how stable each is. */
  members: Record<string, Stability>
  /** Where it is not `members` that is exported, the name of the function that makes them. */
  factory?: 'sysNamespace' | 'constantsNamespace'
}

const stable = (...names: string[]): Record<string, Stability> => Object.fromEntries(names.map(name => [name, 'generally-available']))

/** Files of this folder and what they hold. */
export const libraryModules: Readonly<Record<string, LibraryModule>> = {
  'array.ts': { namespace: 'array', members: { ...stable('concat'), combine_maps: 'experimental', group_by: 'experimental' } },
  'coalesce.ts': { namespace: '', members: stable('coalesce') },
  'constants.ts': { namespace: 'constants', members: stable('hostname', 'os', 'arch', 'version'), factory: 'constantsNamespace' },
  'convert.ts': { namespace: 'convert', members: stable('nonsensitive') },
  'encoding.ts': {
    namespace: 'encoding',
    members: stable('from_json', 'from_base64', 'from_URLbase64', 'to_json', 'to_base64', 'to_URLbase64', 'url_encode', 'url_decode'),
  },
  'encoding-yaml.ts': { namespace: 'encoding', members: stable('from_yaml') },
  'file.ts': { namespace: 'file', members: stable('path_join') },
  'json-path.ts': { namespace: '', members: stable('json_path') },
  'string.ts': {
    namespace: 'string',
    members: stable('format', 'join', 'replace', 'split', 'to_lower', 'to_upper', 'trim', 'trim_prefix', 'trim_suffix', 'trim_space'),
  },
  'sys.ts': { namespace: 'sys', members: stable('env'), factory: 'sysNamespace' },
}

/** Other names of functions. The globals are deprecated; `targets.merge` is what `array.combine_maps` was called while it was new. */
export const libraryAliases: Readonly<Record<string, string>> = {
  'env': 'sys.env',
  'nonsensitive': 'convert.nonsensitive',
  'concat': 'array.concat',
  'json_decode': 'encoding.from_json',
  'yaml_decode': 'encoding.from_yaml',
  'base64_decode': 'encoding.from_base64',
  'format': 'string.format',
  'join': 'string.join',
  'replace': 'string.replace',
  'split': 'string.split',
  'to_lower': 'string.to_lower',
  'to_upper': 'string.to_upper',
  'trim': 'string.trim',
  'trim_prefix': 'string.trim_prefix',
  'trim_suffix': 'string.trim_suffix',
  'trim_space': 'string.trim_space',
  'targets.merge': 'array.combine_maps',
}

/** The deprecated global name's replacement, or undefined for a name that is not deprecated. */
export function deprecatedGlobal(name: string): string | undefined {
  return !name.includes('.') && Object.hasOwn(libraryAliases, name) ? libraryAliases[name] : undefined
}

/** Whether a name is the first of a chain into the standard library. */
export function isLibraryName(name: string): boolean {
  return Object.hasOwn(libraryAliases, name)
    || Object.keys(libraryAliases).some(alias => alias.startsWith(`${name}.`))
    || Object.values(libraryModules).some(({ namespace, members }) =>
      namespace === '' ? Object.hasOwn(members, name) : namespace === name)
}

/** How stable the function at the start of a chain of names is; undefined where the chain does not lead to one. */
export function stabilityOf(path: readonly string[]): Stability | undefined {
  const [first = '', second = ''] = path
  const target = libraryAliases[`${first}.${second}`] ?? libraryAliases[first]
  const [namespace, member] = target === undefined ? [first, second] : target.split('.')
  for (const entry of Object.values(libraryModules)) {
    if (entry.namespace === namespace && Object.hasOwn(entry.members, member!)) return entry.members[member!]
    if (entry.namespace === '' && Object.hasOwn(entry.members, first)) return entry.members[first]
  }
  return undefined
}

/** The files that a chain of names needs: one for a function, all files of a namespace where it is used as a whole. */
export function modulesFor(path: readonly string[]): string[] {
  const [first = '', second] = path
  const target = (second === undefined ? undefined : libraryAliases[`${first}.${second}`]) ?? libraryAliases[first]
  const [namespace, member] = target === undefined ? [first, second] : target.split('.') as [string, string]
  return Object.entries(libraryModules).flatMap(([file, entry]) => {
    if (entry.namespace === '') return Object.hasOwn(entry.members, first) ? [file] : []
    if (entry.namespace !== namespace) return []
    return member === undefined || Object.hasOwn(entry.members, member) ? [file] : []
  })
}
