/** htpasswd files: users with plain, SHA-1 or bcrypt passwords. */

import { compare as compareBcrypt } from 'bcryptjs'
import { base64, concat, fromBase64, utf8 } from '../../../lib/bytes.ts'
import { sameSecret } from '../../../lib/same-secret.ts'
import { sha1, sha256 } from '../../../lib/sha.ts'

/** Whether a password is the one of an entry. */
export type Matcher = (password: string) => Promise<boolean>

export interface Htpasswd {
  /** By user; as in the collector, the last entry of a user counts. */
  readonly users: ReadonlyMap<string, Matcher>
  /** What is wrong with lines that cannot be used; they let nobody in. */
  readonly problems: readonly string[]
}

/** Schemes by how an entry begins; what begins like none of them is the password itself. */
const schemes: readonly { readonly prefix: string; readonly matcher: (stored: string) => Matcher | string }[] = [
  { prefix: '{SHA}', matcher: stored => sha(stored.slice(5)) },
  { prefix: '{SSHA}', matcher: stored => salted(stored.slice(6)) },
  ...['$2a$', '$2b$', '$2y$', '$2x$'].map(prefix => ({ prefix, matcher: bcrypt })),
  ...['$apr1$', '$1$', '$5$', '$6$'].map(prefix => ({ prefix, matcher: () => `is hashed with ${prefix}...; use bcrypt (htpasswd -B) or SHA-1 (htpasswd -s)` })),
]

/** Reads the text of an htpasswd file. */
export function parseHtpasswd(content: string): Htpasswd {
  const users = new Map<string, Matcher>()
  const problems: string[] = []
  for (const [index, raw] of content.split('\n').entries()) {
    const line = raw.trim()
    if (line === '') continue
    const colon = line.indexOf(':')
    if (colon === -1) { problems.push(`line ${index + 1} is not user:password`); continue }
    const user = line.slice(0, colon)
    const stored = line.slice(colon + 1)
    const scheme = schemes.find(({ prefix }) => stored.startsWith(prefix))
    const matcher = scheme === undefined ? async (password: string) => sameSecret(password, stored) : scheme.matcher(stored)
    if (typeof matcher === 'string') problems.push(`the password of ${JSON.stringify(user)} ${matcher}`)
    else users.set(user, matcher)
  }
  return { users, problems }
}

function sha(encoded: string): Matcher | string {
  if (fromBase64(encoded)?.length !== 20) return 'is not the base64 of a SHA-1 digest'
  return async password => sameSecret(base64(sha1(utf8(password))), encoded)
}

function salted(encoded: string): Matcher | string {
  const bytes = fromBase64(encoded)
  if (bytes === undefined || bytes.length <= 20) return 'is not the base64 of a salted SHA-1 digest'
  const salt = bytes.subarray(20)
  return async password => sameSecret(base64(concat([sha1(concat([utf8(password), salt])), salt])), base64(bytes))
}

function bcrypt(stored: string): Matcher | string {
  if (!/^\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}$/.test(stored)) return 'is not a bcrypt hash'
  // bcrypt is slow on purpose (some 50 ms a try), and a sender comes with every batch: the last password that was right is known again.
  let right: string | undefined
  return async password => {
    const fingerprint = base64(sha256(utf8(`${stored}\n${password}`)))
    if (right !== undefined && sameSecret(fingerprint, right)) return true
    const matches = await compareBcrypt(password, stored.replace(/^\$2[xy]/, '$2b'))
    if (matches) right = fingerprint
    return matches
  }
}
