/** The three ways to a cluster: an address with client arguments, a kubeconfig file, and from inside it. */

import { parse } from 'yaml'
import type { Call } from '../../../contract/call.ts'
import { text } from '../../../../lib/bytes.ts'
import { basicCredentials, httpUrl } from '../../../../transport/arguments.ts'
import type { HttpClientArgs } from '../../../../transport/client-args.ts'
import { httpClient, setCredentials, type HttpClient } from '../../../../transport/client.ts'
import type { Access } from './list.ts'

interface AccessArgs extends HttpClientArgs {
  readonly api_server: string | undefined
  readonly kubeconfig_file: string | undefined
}

const account = '/var/run/secrets/kubernetes.io/serviceaccount'
const ownServer = 'https://kubernetes.default.svc'

/** How to reach the API server that the arguments name; credentials in files are read each time, so that they may be rotated. */
export function accessTo(args: AccessArgs): (call: Call) => Promise<Access> {
  const { api_server = '', kubeconfig_file = '' } = args
  const client = httpClient(args, [])
  if (kubeconfig_file !== '') return async call => fromKubeconfig(call, parse(text(await call.readFile(kubeconfig_file))) as Kubeconfig, kubeconfig_file)
  if (api_server === '') return async call => ({ url: ownServer, client: withCredentials(`Bearer ${await file(call, `${account}/token`)}`) })
  const { url, basic } = httpUrl(api_server, ['api_server'])
  const access = { url, client: basic === undefined ? client : withCredentials(basic) }
  return async () => access
}

/** The namespace that we run in, inside a cluster. */
export const ownNamespace = (call: Call): Promise<string> => file(call, `${account}/namespace`)

async function file(call: Call, name: string): Promise<string> {
  try {
    return text(await call.readFile(name)).trim()
  } catch (error) {
    const outside = name.startsWith(account) ? '; outside of a cluster, set api_server or kubeconfig_file' : ''
    throw new Error(`${name} cannot be read${outside}`, { cause: error })
  }
}

const withCredentials = (authorization: string | undefined): HttpClient => ({
  redirect: 'follow',
  authorize: async headers => { if (authorization !== undefined) setCredentials(headers, authorization) },
})

// --- kubeconfig -------------------------------------------------------------------------------------------------------------------

interface Kubeconfig {
  readonly 'current-context'?: string
  readonly contexts?: readonly { readonly name: string; readonly context?: { readonly cluster?: string; readonly user?: string } }[]
  readonly clusters?: readonly { readonly name: string; readonly cluster?: { readonly server?: string } }[]
  readonly users?: readonly { readonly name: string; readonly user?: User }[]
}

interface User {
  readonly token?: string
  readonly tokenFile?: string
  readonly username?: string
  readonly password?: string
  readonly 'client-certificate'?: string
  readonly 'client-certificate-data'?: string
  readonly exec?: unknown
  readonly 'auth-provider'?: unknown
}

async function fromKubeconfig(call: Call, config: Kubeconfig | null, name: string): Promise<Access> {
  const fail = (problem: string) => new Error(`${name}: ${problem}`)
  const current = config?.['current-context'] ?? ''
  const context = config?.contexts?.find(candidate => candidate.name === current)?.context
  if (context === undefined) throw fail(current === '' ? 'there is no current-context' : `there is no context ${JSON.stringify(current)}`)
  const server = config?.clusters?.find(candidate => candidate.name === context.cluster)?.cluster?.server
  if (server === undefined) throw fail(`the context ${JSON.stringify(current)} has no cluster with a server`)
  const user = config?.users?.find(candidate => candidate.name === context.user)?.user ?? {}
  if (user['client-certificate'] !== undefined || user['client-certificate-data'] !== undefined) throw fail('client certificates are not possible here; give the user a token')
  if (user.exec !== undefined || user['auth-provider'] !== undefined) throw fail('programs that make credentials cannot be run here; give the user a token')
  return { url: httpUrl(server, ['kubeconfig_file']).url, client: withCredentials(await credentialsOf(call, user)) }
}

async function credentialsOf(call: Call, { token, tokenFile, username, password }: User): Promise<string | undefined> {
  if (token !== undefined) return `Bearer ${token}`
  if (tokenFile !== undefined) return `Bearer ${await file(call, tokenFile)}`
  return username === undefined ? undefined : basicCredentials(username, password ?? '')
}
