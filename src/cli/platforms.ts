/** Facts about the platforms that several commands need. */

/** The Workers runtime's behaviour is fixed to this day; wrangler.toml says the same (a test compares). */
export const compatibilityDate = '2026-04-01'

/** What Workers run with besides, for `node:zlib` (src/wire/deflate.ts); wrangler.toml says the same. */
export const compatibilityFlags = ['nodejs_compat']
