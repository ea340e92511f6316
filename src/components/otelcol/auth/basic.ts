import { debugMetrics } from '../_shared/debug-metrics.ts'
import { parseHtpasswd, type Htpasswd } from '../_shared/htpasswd.ts'
import { base64, fromBase64, text, utf8 } from '../../../lib/bytes.ts'
import type { Call } from '../../contract/call.ts'
import type { AuthHandler } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { ArgumentError, retryable } from '../../contract/errors.ts'
import { args, block, secret, string, type Decoded } from '../../contract/schema.ts'

const clientFields = {
  /** The user to send. */
  username: string({ default: '' }),
  /** A file with the user to send. */
  username_file: string({ default: '', reads: 'text' }),
  /** The password to send. */
  password: secret({ default: '' }),
  /** A file with the password to send. */
  password_file: string({ default: '', reads: 'secret' }),
}
const htpasswdFields = {
  /** A file of users and passwords, in htpasswd's format. */
  file: string({ default: '', reads: 'secret' }),
  /** The same, written here; it wins over the file. */
  inline: string({ default: '' }),
}

/** Sends a user and password with what exporters send, and asks for one of several at receivers. */
export default defineComponent({
  name: 'otelcol.auth.basic',
  stability: 'generally-available',
  args: args({
    /** One user for both directions; `client_auth` and `htpasswd` have taken its place. */
    username: string({ default: '' }),
    /** The password of `username`. */
    password: secret({ default: '' }),
    /** What exporters send. */
    client_auth: block(clientFields),
    /** Whom receivers let in. */
    htpasswd: block(htpasswdFields),
    /** Alloy's own metrics of this component. */
    debug_metrics: debugMetrics(),
  }),
  exports: { handler: 'auth.Handler' },
  build({ username, password, client_auth, htpasswd }) {
    const pair = username !== '' && password.reveal() !== ''
    if (username === '' && password.reveal() === '' && client_auth === undefined && htpasswd === undefined) {
      throw new ArgumentError([], 'no credential source provided')
    }
    if (username !== '' && !pair) throw new ArgumentError(['username'], 'no password provided')
    const inline = `${htpasswd?.inline ?? ''}${pair ? `\n${username}:${password.reveal()}` : ''}`
    const { problems } = parseHtpasswd(inline)
    if (problems.length > 0) throw new ArgumentError(['htpasswd', 'inline'], problems[0]!)

    const source = client_auth ?? { username, username_file: '', password, password_file: '' }
    const sends = (source.username !== '' || source.username_file !== '') && (source.password.reveal() !== '' || source.password_file !== '')
    const server = inline.trim() !== '' || (htpasswd?.file ?? '') !== '' ? authenticator(htpasswd?.file ?? '', inline) : undefined
    const handler: AuthHandler = {
      ...(server !== undefined && { authenticate: server, challenge: 'Basic' }),
      ...(sends && { authorize: authorizer(source) }),
    }
    return { exports: { handler } }
  },
})

function authorizer({ username, username_file, password, password_file }: Decoded<typeof clientFields>): NonNullable<AuthHandler['authorize']> {
  if (username.includes(':')) throw new ArgumentError(['client_auth', 'username'], 'a user name cannot have a colon in it')
  return async (headers, call) => {
    const user = username_file === '' ? username : await readLine(call, username_file)
    const word = password_file === '' ? password.reveal() : await readLine(call, password_file)
    headers.set('authorization', `Basic ${base64(utf8(`${user}:${word}`))}`)
  }
}

/** A credential from a file, without the white space around it. */
async function readLine(call: Call, name: string): Promise<string> {
  try {
    return text(await call.readFile(name)).trim()
  } catch (error) {
    throw retryable(`the credentials in ${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Lets in the users of `file` (read again for every request, parsed again when it changed) and of `inline`. */
function authenticator(file: string, inline: string): NonNullable<AuthHandler['authenticate']> {
  let known: { content: string; users: Htpasswd['users'] } | undefined
  const usersNow = async (call: Call): Promise<Htpasswd['users']> => {
    // The inline text comes last, because the last entry of a user counts.
    const content = file === '' ? inline : `${await readLine(call, file)}\n${inline}`
    if (known?.content === content) return known.users
    const { users, problems } = parseHtpasswd(content)
    for (const problem of problems) call.log('error', 'htpasswd entry ignored', { file, err: problem })
    known = { content, users }
    return users
  }
  return async (headers, call) => {
    const match = /^basic ([^ ]+)$/i.exec(headers.get('authorization') ?? '')
    const decoded = match === null ? undefined : fromBase64(match[1]!)
    if (decoded === undefined) return undefined
    const pair = text(decoded)
    const colon = pair.indexOf(':')
    if (colon === -1) return undefined
    const username = pair.slice(0, colon)
    const matches = await (await usersNow(call)).get(username)?.(pair.slice(colon + 1))
    return matches === true ? { username, raw: match![1]! } : undefined
  }
}
