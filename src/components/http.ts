import { defineComponent, type Guard } from './contract/define.ts'
import { args, block, boolean, duration, list, secret, string, type Decoded } from './contract/schema.ts'
import { decoded } from '../transport/arguments.ts'
import { readBasic, sameSecret } from '../transport/guard.ts'

const names = () => list(string({ required: true }))

const auth = {
  /** The user name and password that everyone has to give. */
  basic: block({
    /** The name. */
    username: string({ required: true }),
    /** The password; while it is empty, nobody comes in. */
    password: secret({ required: true }),
  }),
  /** Which paths ask for credentials; without this block all of them do. */
  filter: block({
    /** Beginnings of paths. */
    paths: list(string({ required: true }), { default: [] }),
    /** Whether the paths listed are those that ask for credentials, or those that do not. */
    authenticate_matching_paths: boolean({ default: true }),
  }),
}

const tls = {
  /** The server's certificate, in PEM. */
  cert_pem: string(),
  /** A file of the server's certificate. */
  cert_file: string(),
  /** The key of the server's certificate, in PEM. */
  key_pem: secret(),
  /** A file of the server's key. */
  key_file: string(),
  /** The authorities that client certificates are checked against, in PEM. */
  client_ca_pem: string(),
  /** A file of authorities that client certificates are checked against. */
  client_ca_file: string(),
  /** What is asked of client certificates. */
  client_auth_type: string({ default: 'NoClientCert' }),
  /** The cipher suites to offer. */
  cipher_suites: names(),
  /** The elliptic curves to offer. */
  curve_preferences: names(),
  /** The oldest version of TLS to speak. */
  min_version: string(),
  /** The newest version of TLS to speak. */
  max_version: string(),
  /** Which certificates of the Windows store to use. */
  windows_certificate_filter: block({
    /** How to find the server's certificate. */
    server: block({
      /** The store to look in. */
      store: string(),
      /** The system store to look in. */
      system_store: string(),
      /** The names of issuers to accept. */
      issuer_common_names: names(),
      /** The template the certificate was made from. */
      template_id: string(),
      /** How often the store is looked at again. */
      refresh_interval: duration({ default: '5m' }),
    }, { required: true }),
    /** Which client certificates to accept. */
    client: block({
      /** The names of issuers to accept. */
      issuer_common_names: names(),
      /** What the subject has to match. */
      subject_regex: string(),
      /** The template the certificate was made from. */
      template_id: string(),
    }, { required: true }),
  }),
}

/** The door that all receivers and the collector's own pages stand behind. */
export default defineComponent({
  name: 'http',
  singleton: true,
  stability: 'generally-available',
  args: args({
    /** Who may come in. */
    auth: block(auth),
    /** TLS of Alloy's own server. */
    tls: block(tls, { inert: 'TLS ends at the platform, before a request gets here.' }),
  }),
  build: ({ auth }) => (auth?.basic === undefined ? {} : { guard: guard(auth.basic, auth.filter) }),
})

type Basic = NonNullable<Decoded<typeof auth>['basic']>
type Filter = Decoded<typeof auth>['filter']

/** Refuses with 401 who does not give the user name and password, on the paths that ask for them. */
function guard({ username, password }: Basic, filter: Filter): Guard {
  const expected = password.reveal()
  return {
    asks: paths => filter === undefined || paths.some(path => startsLike(filter.paths, path)) === filter.authenticate_matching_paths,
    refuse(headers) {
      const given = readBasic(headers.get('authorization'))
      // Both are compared always, so that the time taken does not tell which of them was wrong.
      const rightName = sameSecret(given?.username ?? '', username)
      const rightPassword = sameSecret(given?.password ?? '', expected)
      // An empty password is most likely a variable that is not set; the door is on the internet, so it stays shut.
      if (given !== undefined && expected !== '' && rightName && rightPassword) return undefined
      const why = expected === '' ? 'no password is configured (is its variable set?)' : 'a user name and password are needed'
      return new Response(`unauthorized: ${why}\n`, {
        status: 401,
        headers: { 'www-authenticate': 'Basic realm="Restricted"', 'content-type': 'text/plain; charset=utf-8' },
      })
    },
  }
}

/** Paths are compared decoded, so that no spelling of one gets around the filter. */
const startsLike = (beginnings: readonly string[], path: string) => beginnings.some(beginning => decoded(path).startsWith(beginning))
