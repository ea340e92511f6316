import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { sluice } from '../support/cli.ts'

const ugly = 'loki.echo   "out" {\n\n\n}\nlogging{level="info"}\n'
const tidy = 'loki.echo "out" { }\n\nlogging {\n\tlevel = "info"\n}\n'

describe('sluice fmt', () => {
  let cwd: string
  beforeEach(async () => {
    cwd = await mkdtemp(path.join(tmpdir(), 'sluice-fmt-'))
    await writeFile(path.join(cwd, 'ugly.alloy'), ugly)
    await writeFile(path.join(cwd, 'tidy.alloy'), tidy)
  })
  afterEach(() => rm(cwd, { recursive: true }))
  const fmt = (args: string[], input?: string) => sluice(['fmt', ...args], { cwd, ...(input !== undefined && { input }) })
  const read = (name: string) => readFile(path.join(cwd, name), 'utf8')

  it('prints the canonical form of a file, and leaves the file alone', async () => {
    const { code, stdout, stderr } = await fmt(['ugly.alloy'])
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^loki\.echo "out" \{/)
    assert.match(stdout, /\tlevel = "info"\n/)
    assert.equal(await read('ugly.alloy'), ugly)
    assert.deepEqual(await fmt(['-'], stdout), { code: 0, stdout, stderr: '' })
  })

  it('rewrites with -w what is not canonical, in files and folders', async () => {
    assert.deepEqual(await fmt(['-w', '.']), { code: 0, stdout: '', stderr: '' })
    assert.notEqual(await read('ugly.alloy'), ugly)
    assert.deepEqual(await fmt(['--test', '.']), { code: 0, stdout: '', stderr: '' })
  })

  it('tells with --test which files are not canonical', async () => {
    const { code, stdout, stderr } = await fmt(['--test', 'ugly.alloy'])
    assert.deepEqual([code, stdout, stderr], [1, '', 'ugly.alloy is not formatted; run: sluice fmt -w ugly.alloy\n'])
    assert.equal(await read('ugly.alloy'), ugly)
  })

  it('shows where standard input does not parse, and prints nothing else', async () => {
    const { code, stdout, stderr } = await fmt(['-'], 'logging {\n\tlevel =\n}\n')
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^Error: <stdin>:3:1: /)
  })
})
