// What serverless.yml needs besides data: the build before it packages or serves, and a front door for serverless-offline,
// which knows no Function URLs (an HTTP API's events have the same form). serverless-offline itself is used where it is installed.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
const offline = installed('serverless-offline')

export default class SluicePlugin {
  constructor(serverless) {
    const { service, pluginManager, processedInput } = serverless
    const build = () => buildArtefact(serverless.classes.Error)
    this.hooks = {
      'before:package:createDeploymentArtifacts': build,
      'before:offline:start:init': build,
      'before:offline:start': build,
    }
    if (processedInput.commands[0] !== 'offline') return
    for (const { url, events } of Object.values(service.functions ?? {})) if (url) events.push({ httpApi: '*' })
    // There is no bucket on this machine: state lasts as long as the process.
    delete service.provider.environment?.SLUICE_BUCKET
    const listed = [service.plugins ?? []].flat().includes('serverless-offline')
    if (offline !== undefined && !listed) pluginManager.addPlugin(offline)
  }
}

function buildArtefact(ServerlessError) {
  const { SLUICE_CONFIG: config = 'config.alloy' } = process.env
  const command = ['bin/sluice.mjs', 'build', '--target=lambda', '--stability.level=experimental', '-o', 'build', config]
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new ServerlessError(`the configuration ${config} does not build (see above)`, 'SLUICE_BUILD_FAILED')
}

/** The plugin class that a package exports, or undefined where it is not installed. */
function installed(name) {
  try {
    const plugin = createRequire(import.meta.url)(name).default
    plugin._serverlessExternalPluginName = name
    return plugin
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
