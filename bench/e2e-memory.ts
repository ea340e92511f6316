/**
 * What large requests take of the whole collector on Node: one after another to a process of its own each, read, checked, edited and sent on
 * compressed. `idleMiB` is its resident set after small requests, `peakMiB` the highest one during the large one (Node itself is in
 * both), `addedMiB` what lies between.
 */

import { readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { mergeOtlp } from '../src/telemetry/otlp.ts'
import { startSluice } from '../test/integration/support/sluice.ts'
import { sampleBatch } from '../test/support/otlp.ts'
import { startDestination } from './support/load.ts'

const mib = 1 << 20

interface LargeRequest {
  readonly mib: number
  readonly gzip: boolean
  readonly limit: string
  readonly status: number
}

const requests: Readonly<Record<string, LargeRequest>> = {
  '20 MiB as they are': { mib: 20, gzip: false, limit: '21MiB', status: 200 },
  '20 MiB compressed': { mib: 20, gzip: true, limit: '21MiB', status: 200 },
  '60 MiB compressed, limit raised': { mib: 60, gzip: true, limit: '64MiB', status: 200 },
  '200 MiB compressed, refused': { mib: 200, gzip: true, limit: '20MiB', status: 413 },
}

const config = (sink: string, limit: string) => `
otelcol.receiver.otlp "default" {
  http { max_request_body_size = "${limit}" }
  output { traces = [otelcol.processor.attributes.default.input] }
}
otelcol.processor.attributes "default" {
  action {
    key    = "deployment.environment"
    value  = "production"
    action = "upsert"
  }
  output { traces = [otelcol.exporter.otlphttp.default.input] }
}
otelcol.exporter.otlphttp "default" {
  client { endpoint = "${sink}" }
}
`

export async function* memoryEndToEnd(only: string) {
  for (const [name, request] of Object.entries(requests)) {
    const row = `memory, end to end: ${name}`
    if (row.includes(only)) yield { row, ...await weigh(request) }
  }
}

async function weigh({ mib: size, gzip, limit, status }: LargeRequest) {
  const one = sampleBatch('traces', 1000)
  const { bytes } = mergeOtlp(Array.from({ length: Math.floor(size * mib / one.bytes.length) }, () => one))
  const sink = await startDestination()
  const sluice = await startSluice('node', config(sink.url, limit), { SLUICE_PORTS: 'off' })
  const post = async (body: Uint8Array) => {
    const headers = { 'content-type': 'application/x-protobuf', ...(gzip && { 'content-encoding': 'gzip' }) }
    return (await fetch(`${sluice.url}/v1/traces`, { method: 'POST', headers, body: (gzip ? gzipSync(body, { level: 1 }) : body) as BodyInit })).status
  }
  try {
    for (let i = 0; i < 20; i++) await post(one.bytes)
    const process = handlerOf(sluice.pid)
    const idle = residentMiB(process, 'VmRSS')
    const answered = await post(bytes)
    if (answered !== status) throw new Error(`the collector answered ${answered}`)
    const peak = residentMiB(process, 'VmHWM')
    return { idleMiB: idle, peakMiB: peak, addedMiB: peak - idle }
  } finally {
    await sluice.stop()
    sink.stop()
  }
}

/** The process that serves, among those that the command started. */
function handlerOf(group: number): string {
  const found = readdirSync('/proc').filter(name => /^\d+$/.test(name) && Number(name) !== group).find(name => {
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
      return Number(fields[2]) === group && /node\.mjs/.test(readFileSync(`/proc/${name}/cmdline`, 'utf8'))
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error('no process serves')
  return found
}

const residentMiB = (pid: string, field: 'VmRSS' | 'VmHWM') =>
  Math.round(Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024)
