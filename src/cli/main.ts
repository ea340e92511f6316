/** The `sluice` command: one file per subcommand, each `run(args)` with an exit code: 0 well, 1 not well, 2 wrong usage. */

import { UsageError } from './usage.ts'

interface Command {
  readonly summary: string
  readonly help: string
  run(args: readonly string[]): Promise<number>
}

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: () => import('./run.ts'),
  build: () => import('./build.ts'),
  validate: () => import('./validate.ts'),
  fmt: () => import('./fmt.ts'),
  targets: () => import('./targets.ts'),
  queue: () => import('./queue.ts'),
}

process.exitCode = await main(process.argv.slice(2))

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(await overview())
    return name === undefined ? 2 : 0
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined) {
    console.error(`sluice: there is no command ${JSON.stringify(name)}; commands are ${Object.keys(commands).join(', ')}`)
    return 2
  }
  const command = await load()
  if (args.includes('--help') || args.includes('-h')) {
    console.log(command.help)
    return 0
  }
  try {
    return await command.run(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`sluice ${name}: ${error.message}\nSee: sluice ${name} --help`)
    return 2
  }
}

async function overview(): Promise<string> {
  const lines = await Promise.all(Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(10)} ${(await load()).summary}`))
  return `Sluice runs Grafana Alloy configurations without a host.\n\nUsage: sluice COMMAND [FLAGS] PATH\n\n${lines.join('\n')}\n\nEach command explains itself with --help. PATH is a file or a folder of *.alloy files.`
}
