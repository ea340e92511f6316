/** Facts about the platforms that several commands need. */

/** The Workers runtime's behaviour is fixed to this day; wrangler.toml says the same (a test compares). */
export const compatibilityDate = '2026-04-01'
