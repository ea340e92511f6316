import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import * as build from '../../src/cli/build.ts'
import * as fmt from '../../src/cli/fmt.ts'
import * as queue from '../../src/cli/queue.ts'
import * as targets from '../../src/cli/targets.ts'
import * as run from '../../src/cli/run.ts'
import { UsageError } from '../../src/cli/usage.ts'
import * as validate from '../../src/cli/validate.ts'
import { sluice } from '../support/cli.ts'

const commands = { run, build, validate, fmt, targets, queue }
const type = (...args: string[]) => sluice(args, { cwd: tmpdir() })

describe('sluice', () => {
  it('without a command shows the commands, and that this is no use of it', async () => {
    const { code, stdout } = await type()
    assert.equal(code, 2)
    for (const name of Object.keys(commands)) assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'))
  })

  it('refuses a command that does not exist, and names those that do', async () => {
    const { code, stdout, stderr } = await type('start', 'config.alloy')
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^sluice: there is no command "start"; commands are .*run.*build.*validate.*fmt.*targets/)
  })

  it('explains a command', async () => {
    assert.deepEqual(await type('fmt', '--help'), { code: 0, stdout: `${fmt.help}\n`, stderr: '' })
  })

  it('says what is wrong, and where to read on', async () => {
    assert.deepEqual(await type('validate', '--strict', 'x.alloy'), {
      code: 2, stdout: '', stderr: 'sluice validate: Unknown option \'--strict\'\nSee: sluice validate --help\n',
    })
  })

  for (const [name, flags] of [
    ['run', ['--platform=workerd|node', '--server.http.listen-addr', '--storage.path', '--stability.level', 'PATH']],
    ['build', ['--target=cloudflare|lambda|node', '-o', '--stability.level', '--allow-unauthenticated', 'PATH']],
    ['validate', ['--json', '--stability.level', 'PATH...']],
    ['fmt', ['-w', '--test', 'PATH...']],
    ['targets', ['--shards N', '--discover', '--json', 'PATH']],
    ['queue', ['list', 'show', 'replay', 'purge', '--url=URL', '--batch=POSITION', '--limit=N', '--yes', '--json', 'SLUICE_ADMIN_TOKEN', 'NODE', 'QUEUE']],
  ] as const) {
    it(`${name} explains itself: every flag and exit code`, () => {
      const { help } = commands[name]
      assert.match(help, new RegExp(`^Usage: sluice ${name} `))
      for (const flag of [...flags, 'Exit code: 0']) assert.ok(help.includes(flag), `the help lacks ${flag}`)
    })
  }

  for (const [args, complaint] of [
    [['validate'], 'PATH is missing'],
    [['validate', '--strict', 'x.alloy'], 'Unknown option \'--strict\''],
    [['validate', 'nowhere.alloy'], 'cannot read nowhere.alloy: '],
    [['build', 'x.alloy'], '--target is missing'],
    [['build', '--target=azure', 'x.alloy'], '--target takes cloudflare, lambda, node; not "azure"'],
    [['build', '--target=node', 'a.alloy', 'b.alloy'], 'one PATH is wanted, not 2'],
    [['run', '--platform=lambda', 'x.alloy'], '--platform takes workerd, node; not "lambda"'],
    [['run', '--server.http.listen-addr=12345', 'x.alloy'], '--server.http.listen-addr takes HOST:PORT, not "12345"'],
    [['run', '--stability.level=stable', 'x.alloy'], '--stability.level takes generally-available, public-preview, experimental; not "stable"'],
    [['fmt', '-w', '--test', 'x.alloy'], '--write and --test exclude each other'],
    [['targets', 'x.alloy'], '--shards is missing'],
    [['targets', '--shards=0', 'x.alloy'], '--shards takes a whole number from 1 to 10000, not "0"'],
    [['queue'], 'what to do is missing: list, show, replay or purge'],
    [['queue', 'drop'], 'queue knows list, show, replay, purge; not "drop"'],
    [['queue', 'list', '--url=here'], '--url takes an address like https://sluice.example.com, not "here"'],
    [['queue', 'show', '--limit=0', 'a', 'b'], '--limit takes a number from 1 to 1000, not "0"'],
    [['fmt', '-w', '-'], 'standard input cannot be rewritten; leave out --write'],
  ] as const) {
    it(`cannot make sense of: ${args.join(' ')}`, async () => {
      const [name, ...rest] = args
      await assert.rejects(commands[name].run(rest), (error: Error) => error instanceof UsageError && error.message.startsWith(complaint))
    })
  }
})
