/** Targets of exporters: their pages are made in the process that scrapes them, at an address that leads nowhere else. */

import type { Call } from '../../../contract/call.ts'
import { labelsOf } from '../../../../telemetry/labels.ts'

/** The one export of an exporter. */
export const exporterExports = { targets: 'list(map(string))' } as const

/** The target of the exporter `id`, as Alloy labels it. */
export function exporterTarget(id: string): Record<string, string> {
  const component = id.slice(id.lastIndexOf('/') + 1).split('.').slice(0, 3)
  return plainObject({
    __address__: 'alloy.internal:12345',
    __scheme__: 'http',
    __metrics_path__: `/api/v0/component/${id}/metrics`,
    // There is no host to name it by.
    instance: id,
    job: `integrations/${component[2] ?? ''}`,
    __meta_component_name: component.join('.'),
    __meta_component_id: id,
  })
}

/** Labels as a value of the language: sorted, without a prototype. */
export function plainObject(labels: Readonly<Record<string, string>>): Record<string, string> {
  const plain = Object.create(null) as Record<string, string>
  for (const [name, value] of labelsOf(Object.entries(labels))) plain[name] = value
  return plain
}

/** A page in the classic text format. */
export const textPage = (text: string): Response => new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })

/** A page that does not need the request. */
export const fixedPage = (make: (call: Call) => Promise<Response>) => ({ '/metrics': (_request: Request, call: Call) => make(call) })
