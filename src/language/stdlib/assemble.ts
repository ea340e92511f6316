/** Puts the standard library's files together into the outermost scope. */
import type { ObjectValue, Value } from '../value.ts'
import { isObject, objectValue } from '../value.ts'
import { libraryAliases } from './catalog.ts'

/** One file's members and the namespace that they belong to (empty: global). */
export interface LibraryPart {
  namespace: string
  members: ObjectValue
}

/** The variables that the parts make, with the other names of those functions that are among them. */
export function assembleLibrary(parts: readonly LibraryPart[]): ObjectValue {
  const library = objectValue()
  const namespaceOf = (name: string): ObjectValue => {
    const existing = library[name]
    if (existing !== undefined && isObject(existing)) return existing
    const made = objectValue()
    library[name] = made
    return made
  }
  const put = (path: readonly string[], value: Value) => {
    const [first, second] = path
    if (second === undefined) library[first!] = value
    else namespaceOf(first!)[second] = value
  }
  for (const { namespace, members } of parts) {
    for (const [name, value] of Object.entries(members)) put(namespace === '' ? [name] : [namespace, name], value)
  }
  for (const [alias, target] of Object.entries(libraryAliases)) {
    const [namespace, name] = target.split('.')
    const holder = library[namespace!]
    const value = holder !== undefined && isObject(holder) ? holder[name!] : undefined
    if (value !== undefined) put(alias.split('.'), value)
  }
  return library
}
