/** What Sluice is compared with: the least that a Hono user, or anyone with a proxy, would deploy. Bundled with the same settings. */

import { build } from 'esbuild'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle, targets } from '../../src/cli/bundle.ts'
import { compilePath } from '../../src/cli/compile.ts'
import type { Platform } from '../../src/components/contract/define.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const hono = `import { Hono } from 'hono'; const app = new Hono().all('*', c => c.text('ok'));`
const forward = `const forward = async (request, to) => {
  const { pathname } = new URL(request.url)
  const headers = { 'content-type': request.headers.get('content-type') ?? '' }
  const answer = await fetch(to + pathname, { method: request.method, headers, body: await request.arrayBuffer() })
  return new Response(await answer.arrayBuffer(), { status: answer.status, headers: { 'content-type': answer.headers.get('content-type') ?? '' } })
};`

const sources = {
  /** An empty Hono app. */
  empty: {
    cloudflare: `${hono} export default app`,
    lambda: `${hono} import { handle } from 'hono/aws-lambda'; export const handler = handle(app)`,
    node: `${hono} import { serve } from '@hono/node-server'; serve({ fetch: app.fetch })`,
  },
  /** Hands requests to `SINK` as they are, and answers back. */
  proxy: {
    cloudflare: `${forward} export default { fetch: (request, env) => forward(request, env.SINK) }`,
    node: `${forward} import { serve } from '@hono/node-server'
      serve({ fetch: request => forward(request, process.env.SINK), hostname: '127.0.0.1', port: 0 }, ({ port }) => { console.log('serves on http://127.0.0.1:' + port) })`,
  },
} as const

/** The bundle of an empty Hono app. */
export const emptyHono = (target: Platform): Promise<string> => bundled(sources.empty[target], target)
/** The bundle of a proxy to the address in the variable SINK. */
export const bareProxy = (target: 'cloudflare' | 'node'): Promise<string> => bundled(sources.proxy[target], target)

async function bundled(contents: string, target: Platform): Promise<string> {
  const { platform, conditions, external } = targets[target]
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root }, bundle: true, write: false, minify: true, format: 'esm', target: 'es2022', legalComments: 'none',
    platform, conditions: [...conditions], external: [...external],
  })
  return outputFiles[0]!.text
}

/** The bundle of the sample configuration. */
export async function sample(target: Platform): Promise<string> {
  const { plan, ...compiled } = await compilePath(path.join(root, 'config.alloy'), { target, stability: 'experimental' })
  if (plan === undefined) throw new Error('config.alloy has errors; see: npm run -s sluice -- validate --stability.level=experimental config.alloy')
  return (await bundle({ ...compiled, plan }, target)).code
}
