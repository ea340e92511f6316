import type { Call } from '../../contract/call.ts'
import { defineComponent } from '../../contract/define.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { args, blocks, duration, list, map, secret, string } from '../../contract/schema.ts'
import { text } from '../../../lib/bytes.ts'
import { ConfigError, parseModules, type Module } from '../_shared/exporter/blackbox-config.ts'
import { probeHttp } from '../_shared/exporter/probe.ts'
import { exporterExports, exporterTarget, plainObject, textPage } from '../_shared/exporter/target.ts'

interface Probed {
  readonly name: string
  readonly address: string
  readonly module: string
  readonly labels: Readonly<Record<string, string>>
}

type Modules = ReadonlyMap<string, Module>

/** Probes addresses over HTTP, as the blackbox exporter does. */
export default defineComponent({
  name: 'prometheus.exporter.blackbox',
  stability: 'generally-available',
  args: args({
    /** A file of the exporter's configuration, in YAML. */
    config_file: string({ default: '', reads: 'secret' }),
    /** The exporter's configuration, in YAML. Modules that probe by HTTP can be used. */
    config: secret(),
    /** How much sooner than the scrape a probe ends. */
    probe_timeout_offset: duration({ default: '0.5s' }),
    /** What to probe. */
    target: blocks({
      /** A name, which becomes part of the `job` label. */
      name: string({ required: true }),
      /** The address to probe. */
      address: string({ required: true }),
      /** The module to probe with. */
      module: string({ default: '' }),
      /** Further labels of the target. */
      labels: map(string({ required: true }), { default: {} }),
    }),
    /** What to probe, as labels: `name`, `address` (or `__address__`), `module`, and any others. */
    targets: list(map(string({ required: true }), { required: true }), { default: [] }),
  }),
  exports: exporterExports,
  build(args, _state, { id }) {
    const { config_file, target, targets, probe_timeout_offset } = args
    const config = args.config?.reveal() ?? ''
    if (config_file !== '' && config !== '') throw new ArgumentError(['config'], 'config and config_file are mutually exclusive')
    if (config_file === '' && config === '') throw new ArgumentError(['config'], 'config or config_file must be set')
    if (target.length > 0 && targets.length > 0) throw new ArgumentError(['targets'], 'the block `target` and the attribute `targets` are mutually exclusive')
    const modules = config === '' ? undefined : modulesOf(config)
    const probed = target.length > 0 ? target.map(one => ({ ...one })) : targets.map(probedOf)
    probed.forEach(({ module }, i) => { if (modules !== undefined) checkModule(modules, module, target.length > 0 ? ['target', i, 'module'] : ['targets', i]) })
    return {
      exports: { targets: probed.map(one => probedTarget(one, exporterTarget(id))) },
      pages: {
        '/metrics': async (request, call) => {
          try {
            return await probe(request, call, modules ?? parseModules(text(await call.readFile(config_file))), probe_timeout_offset)
          } catch (error) {
            if (!(error instanceof ConfigError)) throw error
            return new Response(`invalid blackbox_exporter config: ${error.message}\n`, { status: 500 })
          }
        },
      },
    }
  },
})

function modulesOf(config: string): Modules {
  try {
    return parseModules(config)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ArgumentError(['config'], `invalid blackbox_exporter config: ${error.message}`, { cause: error })
  }
}

/** What a target may leave out. */
const defaultModule = 'http_2xx'

function checkModule(modules: Modules, name: string, path: readonly (string | number)[]): void {
  const module = modules.get(name === '' ? defaultModule : name)
  if (module === undefined) throw new ArgumentError(path, `Unknown module ${JSON.stringify(name === '' ? defaultModule : name)}`)
  if (module.prober === 'http') return
  const message = `module ${JSON.stringify(name)} probes by ${module.prober === '' ? 'nothing' : module.prober}, for which there are no sockets here`
  throw new ArgumentError(path, message, { hint: 'use a module whose prober is http' })
}

function probedOf(labels: Readonly<Record<string, string>>, index: number): Probed {
  const { name, module = '', address = labels['__address__'], __address__: _, ...rest } = labels
  if (name === undefined) throw new ArgumentError(['targets', index], 'all targets must have a `name`')
  if (address === undefined) throw new ArgumentError(['targets', index], 'all targets must have an `address` or an `__address__` label')
  return { name, module, address, labels: rest }
}

const probedTarget = ({ name, address, module, labels }: Probed, base: Record<string, string>) => plainObject({
  ...labels, ...base, job: `${base['job']}/${name}`, __param_target: address, ...(module !== '' && { __param_module: module }),
})

/** How long a probe may take when nobody says. */
const patienceMs = 120_000

async function probe(request: Request, call: Call, modules: Modules, offsetMs: number): Promise<Response> {
  const { searchParams } = new URL(request.url)
  const name = searchParams.get('module') || defaultModule
  const target = searchParams.get('target') ?? ''
  const module = modules.get(name)
  const refuse = (reason: string) => new Response(`${reason}\n`, { status: 400 })
  if (module === undefined) return refuse(`Unknown module ${JSON.stringify(name)}`)
  if (target === '') return refuse('Target parameter is missing')
  if (module.prober !== 'http') return refuse(`Unknown prober ${JSON.stringify(module.prober)}`)
  const scrapeMs = Number(request.headers.get('x-prometheus-scrape-timeout-seconds') ?? 0) * 1000
  const mostMs = (scrapeMs > 0 ? scrapeMs : patienceMs) - offsetMs
  const timeoutMs = module.timeoutMs > 0 && (module.timeoutMs < mostMs || mostMs < 0) ? module.timeoutMs : mostMs
  return textPage(await probeHttp(call, target, module.http, Math.max(1, timeoutMs)))
}
