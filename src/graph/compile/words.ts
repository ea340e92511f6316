/** Texts of which Alloy takes only some, with its words for the others; the names are those of the table that shapes.ts reads. */

import { quote } from '../../lib/go-text.ts'

interface Words {
  readonly words: readonly string[]
  readonly refuse: (word: string) => string
  /** Capital letters do not count, and the complaint shows small ones. */
  readonly folded?: true
}

const split = (words: string) => words.split(' ')
/** `unknown x "word"`, and without quotes. */
const quoted = (about: string) => (word: string) => `${about} ${quote(word)}`
const bare = (about: string) => (word: string) => `${about} ${word}`

const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap(level => ['', '2', '3', '4'].map(step => level + step))
const logFormat: Words = { words: ['', 'logfmt', 'json'], refuse: quoted('unrecognized log format') }

const table: Readonly<Record<string, Words>> = {
  'tls-version': { words: split('TLS10 TLS11 TLS12 TLS13'), refuse: bare('unknown TLS version:') },
  'http-tls-version': { words: split('TLS10 TLS11 TLS12 TLS13'), refuse: quoted('unknown TLS version') },
  'client-auth': { words: split('NoClientCert RequestClientCert RequireAnyClientCert VerifyClientCertIfGiven RequireAndVerifyClientCert'), refuse: quoted('unknown client auth type') },
  'curve': { words: split('CurveP256 CurveP384 CurveP521 X25519'), refuse: quoted('unknown curve') },
  'cipher': {
    words: split('TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA '
      + 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 '
      + 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'),
    refuse: quoted('unknown cipher'),
  },
  'syslog-format': { words: split('rfc5424 rfc3164'), refuse: bare('unknown syslog format:') },
  'loki-syslog-format': { words: split('rfc5424 rfc3164 raw'), refuse: bare('unknown syslog format:') },
  'framing-trailer': { words: split('NUL LF'), refuse: bare('unknown syslog format:') },
  'relabel-action': { words: split('replace keep drop hashmod labelmap labeldrop labelkeep lowercase uppercase keepequal dropequal'), refuse: quoted('unrecognized action type') },
  'header-action': { words: split('insert update upsert delete'), refuse: bare('unknown action'), folded: true },
  'scaleway-role': { words: split('baremetal instance'), refuse: quoted('invalid role') },
  'log-format': logFormat,
  'log-level': { words: ['', 'debug', 'info', 'warn', 'error'], refuse: quoted('unrecognized log level') },
  'log-destination': { words: split('stderr windows_event_log'), refuse: quoted('unrecognized log destination') },
  'rate-limiting': { words: ['', 'global', 'per_app'], refuse: quoted('unrecognized rate limiting strategy') },
  'source-type': { words: split('line label structured_metadata extracted'), refuse: bare('unknown source_type:') },
  'cloudflare-fields': { words: split('default minimal extended all custom'), refuse: bare('unknown fields type:') },
  'compression-format': { words: split('gz z bz2'), refuse: word => `unsupported compression format: ${quote(word)} - please use one of "gz, z, bz2"` },
  'positions-error': { words: split('skip restart_from_end restart_from_beginning'), refuse: bare('unknown OnPositionsFileError value:') },
  'severity': { words: severities, refuse: quoted('unrecognized severity level') },
  'debug-level': { words: split('none basic normal detailed'), refuse: quoted('unrecognized debug level') },
  'error-mode': { words: split('ignore silent propagate'), refuse: bare('unknown error mode'), folded: true },
  'ottl-context': { words: split('resource scope span spanevent metric datapoint log'), refuse: bare('unknown context'), folded: true },
  'splitting': { words: split('none line'), refuse: bare('unknown splitting strategy:') },
  'detector': { words: ['', 'fsnotify', 'poll'], refuse: word => `unrecognized detector ${quote(word)}, expected fsnotify or poll` },
  'compression': { words: ['', ...split('gzip zlib deflate snappy zstd none')], refuse: quoted('unrecognized compression type') },
  'compression-type': { words: ['', ...split('gzip zlib deflate snappy x-snappy-framed zstd lz4 none')], refuse: quoted('unsupported compression type') },
}

/** What Alloy has against `text` where only the words of `name` are good; undefined where it is one of them. */
export function refuseWord(name: string, text: string): string | undefined {
  if (name === 'source') return text === '' ? 'source cannot be empty' : undefined
  const { words, refuse, folded } = table[name]!
  const word = folded === true ? text.toLowerCase() : text
  return words.includes(word) ? undefined : refuse(word)
}

/** The words that are good, for a hint; the empty one is left out. */
export const wordsOf = (name: string): readonly string[] => (table[name]?.words ?? []).filter(word => word !== '')
