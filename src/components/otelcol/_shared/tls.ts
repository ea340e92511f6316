/** The `tls` blocks of otelcol components. Connections are the platform's here, so they are known, checked and without effect. */

import { ArgumentError } from '../../contract/errors.ts'
import { block, boolean, duration, list, secret, string, type Decoded } from '../../contract/schema.ts'

const common = {
  /** The certificate authority's certificate, as PEM text. */
  ca_pem: string({ default: '' }),
  /** A file with the certificate authority's certificate. */
  ca_file: string({ default: '' }),
  /** The certificate to present, as PEM text. */
  cert_pem: string({ default: '' }),
  /** A file with the certificate to present. */
  cert_file: string({ default: '' }),
  /** The certificate's private key, as PEM text. */
  key_pem: secret({ default: '' }),
  /** A file with the certificate's private key. */
  key_file: string({ default: '' }),
  /** The oldest TLS version to accept. */
  min_version: string({ default: '' }),
  /** The newest TLS version to accept. */
  max_version: string({ default: '' }),
  /** How often to read the certificate files again. */
  reload_interval: duration({ default: '0s' }),
  /** The cipher suites to accept. */
  cipher_suites: list(string({ required: true }), { default: [] }),
  /** Whether to accept cipher suites that are known to be weak. */
  include_insecure_cipher_suites: boolean({ default: false }),
  /** Whether to trust the system's certificate authorities beside the given one. */
  include_system_ca_certs_pool: boolean({ default: false }),
  /** The elliptic curves to offer. */
  curve_preferences: list(string({ required: true }), { default: [] }),
  /** Keeps the private key in a trusted platform module. */
  tpm: block({
    /** Whether the key is in the module. */
    enabled: boolean({ default: false }),
    /** The module's device. */
    path: string({ default: '' }),
    /** The owner's password of the module. */
    owner_auth: string({ default: '' }),
    /** The key's password in the module. */
    auth: string({ default: '' }),
  }),
}

/** TLS of a receiver. */
export const serverTls = () => block({
  ...common,
  /** A file with the authority that client certificates must come from. */
  client_ca_file: string({ default: '' }),
}, { inert: 'TLS ends at the platform, before a request arrives here.' })

/** TLS of an exporter. */
export const clientTls = () => block({
  ...common,
  /** Whether to send without TLS; the scheme of the address decides that here. */
  insecure: boolean({ default: false }),
  /** Whether to accept any certificate. */
  insecure_skip_verify: boolean({ default: false }),
  /** The host name that the certificate must be for. */
  server_name: string({ default: '' }),
}, { inert: 'Requests leave through the platform\'s fetch, which trusts the public certificate authorities and no others.' })

/** Throws ArgumentError where a `tls` block contradicts itself; `path` leads to it. */
export function checkTls(tls: Decoded<typeof common> | undefined, path: readonly string[]): void {
  if (tls === undefined) return
  const exclusive = (pem: string, file: string, name: string) => {
    if (pem !== '' && file !== '') {
      throw new ArgumentError([...path, `${name}_pem`], `at most one of ${name}_pem and ${name}_file must be configured`)
    }
    return pem !== '' || file !== ''
  }
  exclusive(tls.ca_pem, tls.ca_file, 'ca')
  const certificate = exclusive(tls.cert_pem, tls.cert_file, 'cert')
  const key = exclusive(tls.key_pem.reveal(), tls.key_file, 'key')
  if (certificate && !key) {
    throw new ArgumentError([...path], 'exactly one of key_pem or key_file must be configured when a client certificate is configured')
  }
  if (key && !certificate) {
    throw new ArgumentError([...path], 'exactly one of cert_pem or cert_file must be configured when a client key is configured')
  }
}
