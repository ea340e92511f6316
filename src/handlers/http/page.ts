/** `GET /`: one plain page with the components, their health, the routes and the last errors. */

import { html, raw } from 'hono/html'
import type { Graph } from '../../graph/run/graph.ts'
import { rfc3339 } from '../../lib/time.ts'
import { describeRoutes } from './door.ts'

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1c2430; }
  h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
  table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #dde3ea; vertical-align: top }
  code { font-size: 13px } .healthy { color: #18794e } .unhealthy { color: #c62a2f } .waiting { color: #946800 }
  @media (prefers-color-scheme: dark) { body { background: #14181d; color: #dde3ea } th, td { border-color: #303a45 } }
`

export async function page(graph: Graph): Promise<Response> {
  const { nodes, routes, lastFailures, plan, host } = graph
  const document = await html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sluice</title><meta name="viewport" content="width=device-width"><style>${raw(style)}</style></head>
<body>
<h1>Sluice <small>on ${host.platform}, configuration ${plan.version}</small></h1>
<h2>Components</h2>
<table>
<tr><th>Component<th>Health<th>Accepted<th>Refused<th>Sends to or reads</tr>
${nodes.map(({ id, health, throughput, uses }) => html`<tr><td><code>${id}</code><td class="${health.state}">${health.state}${health.message === '' ? '' : `: ${health.message}`}<td>${throughput.accepted}<td>${throughput.refused}<td><code>${uses.join(', ')}</code></tr>
`)}</table>
<h2>Routes</h2>
<table>${describeRoutes(routes).map(route => html`<tr><td><code>${route}</code></tr>`)}</table>
<h2>Last errors</h2>
${lastFailures.length === 0 ? html`<p>None.</p>` : html`<table><tr><th>When<th>Component<th>What<th>Times</tr>
${lastFailures.map(({ atMs, id, message, count }) => html`<tr><td>${rfc3339(atMs)}<td><code>${id}</code><td>${message}<td>${count}</tr>`)}</table>`}
</body>
</html>`
  return new Response(document.toString(), { headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" } })
}
