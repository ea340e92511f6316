import type { RegexFlags } from './regex.ts'

export function nativeEquivalent(_source: string, _flags: RegexFlags): { regexp: RegExp; names: readonly string[] } | undefined {
  return undefined
}
