/** Sealing what must not lie open in durable state: AES-256-GCM by the platform's WebCrypto. */

import type { Cipher } from '../graph/run/live-format.ts'
import { concat, utf8 } from '../lib/bytes.ts'

const ivBytes = 12

/** A cipher of `secret`, any text; the same text opens what it sealed, in every isolate. Sealed bytes are the IV and the ciphertext. */
export function cipherOf(secret: string): Cipher {
  let imported: CryptoKey | undefined
  // Not before it is needed: Workers allow no cryptography in global scope. And no promise is kept: none may wait for another request's.
  const key = async () => (imported ??= await importKey(secret))
  const algorithm = (iv: Uint8Array, context: string) => ({ name: 'AES-GCM', iv: iv as BufferSource, additionalData: utf8(context) as BufferSource })
  return {
    async seal(bytes, context) {
      const iv = crypto.getRandomValues(new Uint8Array(ivBytes))
      return concat([iv, new Uint8Array(await crypto.subtle.encrypt(algorithm(iv, context), await key(), bytes as BufferSource))])
    },
    async open(bytes, context) {
      try {
        const iv = bytes.subarray(0, ivBytes)
        return new Uint8Array(await crypto.subtle.decrypt(algorithm(iv, context), await key(), bytes.subarray(ivBytes) as BufferSource))
      } catch {
        return undefined
      }
    },
  }
}

async function importKey(secret: string): Promise<CryptoKey> {
  const digest = await crypto.subtle.digest('SHA-256', utf8(secret) as BufferSource)
  return crypto.subtle.importKey('raw', digest, 'AES-GCM', false, ['encrypt', 'decrypt'])
}
