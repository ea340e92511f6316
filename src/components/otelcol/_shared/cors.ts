/** Cross-origin requests from browsers, answered as the collector's HTTP servers do (with credentials allowed). */

/** The `cors` block. */
export interface CorsRules {
  readonly allowed_origins: readonly string[]
  readonly allowed_headers: readonly string[]
  readonly exposed_headers: readonly string[]
  /** Seconds for which a browser may keep the answer to a preflight; 0 to leave it to the browser. */
  readonly max_age: number
}

/** Headers that may always be sent. */
const safelisted = ['accept', 'accept-language', 'content-language', 'content-type', 'origin']

/** Rules made ready for requests. */
export interface Cors {
  /** The answer to a preflight, or undefined when `request` is none. */
  preflight(request: Request): Response | undefined
  /** Adds to an answer what lets the browser's page read it. */
  expose(request: Request, response: Response): Response
}

/** Rules made ready; without an allowed origin there are none. */
export function cors({ allowed_origins, allowed_headers, exposed_headers, max_age }: CorsRules): Cors | undefined {
  if (allowed_origins.length === 0) return undefined
  const anyOrigin = allowed_origins.includes('*')
  const anyHeader = allowed_headers.includes('*')
  // Without a list, the collector accepts X-Requested-With too.
  const headers = new Set([...safelisted, ...(allowed_headers.length === 0 ? ['x-requested-with'] : allowed_headers.map(name => name.toLowerCase()))])

  const allowOrigin = (request: Request): string | undefined => {
    const origin = request.headers.get('origin')
    if (origin === null) return undefined
    if (anyOrigin) return '*'
    return allowed_origins.some(pattern => matches(pattern.toLowerCase(), origin.toLowerCase())) ? origin : undefined
  }

  return {
    preflight(request) {
      const method = request.headers.get('access-control-request-method')
      if (request.method !== 'OPTIONS' || method === null) return undefined
      const answer = new Headers({ vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' })
      const refused = new Response(null, { status: 204, headers: answer })
      const origin = allowOrigin(request)
      const wanted = request.headers.get('access-control-request-headers')
      const names = (wanted ?? '').split(',').map(name => name.trim().toLowerCase()).filter(name => name !== '')
      if (origin === undefined || !['GET', 'POST', 'HEAD'].includes(method.toUpperCase())) return refused
      if (!anyHeader && !names.every(name => headers.has(name))) return refused
      answer.set('access-control-allow-origin', origin)
      answer.set('access-control-allow-methods', method.toUpperCase())
      if (names.length > 0) answer.set('access-control-allow-headers', wanted!)
      answer.set('access-control-allow-credentials', 'true')
      if (max_age > 0) answer.set('access-control-max-age', String(max_age))
      return new Response(null, { status: 204, headers: answer })
    },
    expose(request, response) {
      response.headers.append('vary', 'Origin')
      const origin = allowOrigin(request)
      if (origin === undefined) return response
      response.headers.set('access-control-allow-origin', origin)
      if (exposed_headers.length > 0) response.headers.set('access-control-expose-headers', exposed_headers.join(', '))
      response.headers.set('access-control-allow-credentials', 'true')
      return response
    },
  }
}

/** Whether an origin is the pattern, in which one `*` stands for any text. */
function matches(pattern: string, origin: string): boolean {
  const star = pattern.indexOf('*')
  if (star === -1) return pattern === origin
  const before = pattern.slice(0, star)
  const after = pattern.slice(star + 1)
  return origin.length >= before.length + after.length && origin.startsWith(before) && origin.endsWith(after)
}
