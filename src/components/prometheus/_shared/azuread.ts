/** Tokens of Azure AD (Entra ID) for destinations in Azure Monitor. */

import { ArgumentError } from '../../contract/errors.ts'
import { block, secret, string, type Decoded } from '../../contract/schema.ts'
import type { Path } from '../../../transport/arguments.ts'
import { secretFile } from '../../../transport/client.ts'
import { grantSource, tokenSource } from '../../../transport/oauth2.ts'

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
    token_file_path: string({ default: '/var/run/secrets/azure/tokens/azure-identity-token', reads: 'secret' }),
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
  if (!/^[\w\s:/.-]*$/.test(scope)) throw new ArgumentError([...path, 'scope'], 'the scope holds characters that no scope has')
  const { authority, scope: own } = clouds[cloud]
  const wanted = scope === '' ? own : scope
  const tokenUrl = (block: string, client: string, tenant: string) => {
    if (!uuid.test(client)) throw new ArgumentError([...path, block, 'client_id'], 'client_id is not the id of an application (a UUID)')
    if (!/^[0-9a-zA-Z-.]+$/.test(tenant)) throw new ArgumentError([...path, block, 'tenant_id'], 'tenant_id is not the id or the domain of a tenant')
    return `${authority}/${tenant}/oauth2/v2.0/token`
  }
  if (oauth !== undefined) {
    const { client_id, client_secret, tenant_id } = oauth
    const request = { client_id, client_secret, token_url: tokenUrl('oauth', client_id, tenant_id), scopes: [wanted], endpoint_params: {} }
    return tokenSource(request, async () => client_secret.reveal(), [...path, 'oauth'])
  }
  if (workload_identity !== undefined) {
    const { client_id, tenant_id, token_file_path } = workload_identity
    const url = tokenUrl('workload_identity', client_id, tenant_id)
    // The token is read each time: Kubernetes replaces it.
    return grantSource(async call => ({
      url,
      form: {
        grant_type: 'client_credentials', client_id, scope: wanted, client_assertion: (await secretFile(token_file_path, call)).trim(),
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      },
    }))
  }
  throw new ArgumentError([...path, set[0]!], `${set[0]} needs a host in Azure, which a function is not`, {
    hint: 'use the oauth block, with an application and its secret',
  })
}
