/** Checks of arguments that several components share. All throw ArgumentError. */

import { ArgumentError } from '../components/contract/errors.ts'

/** Where an argument stands, from the component down. */
export type Path = readonly (string | number)[]

/** Refuses more than one of several arguments that exclude each other; `set` says by name which are there. */
export function atMostOne(set: Readonly<Record<string, unknown>>, path: Path, what: string): void {
  const [first, second] = Object.keys(set).filter(name => present(set[name]))
  if (first === undefined || second === undefined) return
  const all = Object.keys(set).join(', ')
  throw new ArgumentError([...path, second], `${first} and ${second} exclude each other: at most one ${what} may be set`, { hint: `keep one of: ${all}` })
}

/** Whether an argument says something: not absent, not an empty text or secret. */
export function present(value: unknown): boolean {
  if (value === undefined || value === '' || value === false) return false
  return !(typeof value === 'object' && value !== null && 'reveal' in value) || (value as { reveal(): string }).reveal() !== ''
}

/** Checks that `url` is an absolute http(s) address; the address with its credentials taken out, and those as a Basic header. */
export function httpUrl(url: string, path: Path): { url: string; basic: string | undefined } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    // A wrong address is not quoted: it may be one with a password in it.
    throw new ArgumentError(path, 'the address is not an absolute URL', { hint: 'write it with its scheme: "https://host/path"' })
  }
  if (parsed.username === '' && parsed.password === '') return { url, basic: undefined }
  const basic = basicCredentials(decoded(parsed.username), decoded(parsed.password))
  parsed.username = ''
  parsed.password = ''
  return { url: parsed.href, basic }
}

/** Text without its percent-encoding; as it is where that is broken. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The value of an Authorization header of type Basic. */
export function basicCredentials(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

/** Checks that a header of this name and value can be sent at all. */
export function sendableHeader(name: string, value: string, path: Path): void {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) throw new ArgumentError(path, `${JSON.stringify(name)} is not a header name`)
  if (!isHeaderValue(value)) {
    throw new ArgumentError(path, `the value of header ${name} has characters that no header can carry`)
  }
}

/** Whether a header can carry this text. */
export const isHeaderValue = (value: string): boolean => !/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(value)
