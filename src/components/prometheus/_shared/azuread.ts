/** Tokens of Azure AD (Entra ID) for destinations in Azure Monitor. */

import { ArgumentError } from '../../contract/errors.ts'
import { block, secret, string, type Decoded } from '../../contract/schema.ts'
import type { Path } from '../../../transport/arguments.ts'
import { tokenSource } from '../../../transport/oauth2.ts'

const fields = {
  /** The identity of the machine that Alloy runs on. */
  managed_identity: block({
    /** The id of the identity. */
    client_id: string({ required: true }),
  }),
  /** The identity of a Kubernetes workload. */
  workload_identity: block({
    /** The id of the application. */
    client_id: string({ required: true }),
    /** The tenant of the application. */
    tenant_id: string({ required: true }),
    /** A file that holds the workload's token. */
    token_file_path: string(),
  }),
  /** An application with a secret. */
  oauth: block({
    /** The id of the application. */
    client_id: string({ required: true }),
    /** The secret of the application. */
    client_secret: secret({ required: true }),
    /** The tenant of the application. */
    tenant_id: string({ required: true }),
  }),
  /** The chain of credentials of Azure's SDK. */
  sdk: block({
    /** The tenant to sign in to. */
    tenant_id: string({ required: true }),
  }),
  /** The Azure cloud. */
  cloud: string({ oneOf: ['AzurePublic', 'AzureGovernment', 'AzureChina'], default: 'AzurePublic' }),
  /** The scope to ask for, instead of the cloud's own for Azure Monitor. */
  scope: string({ default: '' }),
}

/** The `azuread` block. */
export const azureAd = () => block(fields)

const clouds = {
  AzurePublic: { authority: 'https://login.microsoftonline.com', scope: 'https://monitor.azure.com//.default' },
  AzureGovernment: { authority: 'https://login.microsoftonline.us', scope: 'https://monitor.azure.us//.default' },
  AzureChina: { authority: 'https://login.chinacloudapi.cn', scope: 'https://monitor.azure.cn//.default' },
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A source of Authorization headers by the arguments that stand at `path`; throws ArgumentError for what it cannot sign in with. */
export function azureTokens(args: Decoded<typeof fields>, path: Path): ReturnType<typeof tokenSource> {
  const { managed_identity, workload_identity, oauth, sdk, cloud, scope } = args
  const set = Object.entries({ managed_identity, workload_identity, oauth, sdk }).filter(([, value]) => value !== undefined).map(([name]) => name)
  if (set.length !== 1) {
    const message = set.length === 0 ? 'azuread needs a way to sign in' : `azuread takes one way to sign in, not ${set.join(' and ')}`
    throw new ArgumentError(path, message, { hint: 'write an oauth block with client_id, client_secret and tenant_id' })
  }
  if (oauth === undefined) {
    throw new ArgumentError([...path, set[0]!], `${set[0]} needs a host in Azure, which a function is not`, {
      hint: 'use the oauth block, with an application and its secret',
    })
  }
  const { client_id, client_secret, tenant_id } = oauth
  if (!uuid.test(client_id)) throw new ArgumentError([...path, 'oauth', 'client_id'], 'client_id is not the id of an application (a UUID)')
  if (!/^[0-9a-zA-Z-.]+$/.test(tenant_id)) throw new ArgumentError([...path, 'oauth', 'tenant_id'], 'tenant_id is not the id or the domain of a tenant')
  if (!/^[\w\s:/.-]*$/.test(scope)) throw new ArgumentError([...path, 'scope'], 'the scope holds characters that no scope has')
  const { authority, scope: own } = clouds[cloud]
  const request = {
    client_id, client_secret, token_url: `${authority}/${tenant_id}/oauth2/v2.0/token`, scopes: [scope === '' ? own : scope], endpoint_params: {},
  }
  return tokenSource(request, async () => client_secret.reveal(), [...path, 'oauth'])
}
