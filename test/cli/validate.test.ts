import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { sluice } from '../support/cli.ts'

const good = `loki.source.api "in" {
	forward_to = [loki.write.out.receiver]
}
`
const destination = `loki.write "out" {
	endpoint {
		url = "http://127.0.0.1:3100/loki/api/v1/push"
	}
}

http {
	auth {
		basic {
			username = "sluice"
			password = sys.env("SLUICE_PASSWORD")
		}
	}
}
`
const broken = `loki.source.api "in" {
	forward_to = [loki.write.out.receiver],
}
`
const wrong = `loki.source.api "in" {
	forward_to = []
	frobnicate = true
}

loki.writ "out" { }
`

describe('sluice validate', () => {
  let cwd: string
  before(async () => {
    cwd = await mkdtemp(path.join(tmpdir(), 'sluice-validate-'))
    await mkdir(path.join(cwd, 'folder'))
    for (const [name, text] of Object.entries({ 'good.alloy': good + destination, 'broken.alloy': broken, 'wrong.alloy': wrong, 'folder/a.alloy': good, 'folder/b.alloy': destination, 'folder/notes.txt': 'not read' })) {
      await writeFile(path.join(cwd, name), text)
    }
  })
  after(() => rm(cwd, { recursive: true }))
  const validate = (...args: string[]) => sluice(['validate', ...args], { cwd })

  it('has nothing to say about good configurations, files or folders', async () => {
    assert.deepEqual(await validate('good.alloy', 'folder'), { code: 0, stdout: '', stderr: '' })
  })

  it('shows a syntax error with the lines around it', async () => {
    const { code, stdout, stderr } = await validate('broken.alloy')
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^Error: broken\.alloy:2:40: .+\n\n1 \| loki\.source\.api "in" \{\n2 \| +forward_to = .+,\n {2}\| {43}\^\n3 \| \}\n/)
  })

  it('finds all problems of all files, not the first of each', async () => {
    const { code, stderr } = await validate('wrong.alloy', 'broken.alloy', 'good.alloy')
    assert.equal(code, 1)
    assert.match(stderr, /^Error: wrong\.alloy:3:2: unrecognized attribute name "frobnicate"$/m)
    assert.match(stderr, /^Error: wrong\.alloy:6:1: cannot find the definition of component name "loki\.writ"$/m)
    assert.match(stderr, /Did you mean loki\.write\?/)
    assert.match(stderr, /^Error: broken\.alloy:2:40: /m)
  })

  it('prints one JSON array for programs', async () => {
    const { code, stdout, stderr } = await validate('--json', 'wrong.alloy', 'good.alloy')
    assert.deepEqual([code, stderr], [1, ''])
    const found = (JSON.parse(stdout) as Record<string, unknown>[]).filter(({ severity }) => severity === 'error')
    assert.equal(found.length, 2)
    assert.deepEqual(found.find(({ line }) => line === 6), {
      file: 'wrong.alloy', line: 6, column: 1, endLine: 6, endColumn: 9, severity: 'error', code: 'graph/unknown-component',
      message: 'cannot find the definition of component name "loki.writ"', hint: 'Did you mean loki.write?',
    })
    assert.deepEqual(await validate('--json', 'good.alloy'), { code: 0, stdout: '[]\n', stderr: '' })
  })

  it('says what the target cannot hold, and every field of it for programs', async () => {
    await writeFile(path.join(cwd, 'large.alloy'), `${good.replace('{\n', '{\n\tmax_send_message_size = "20MiB"\n')}${destination}`)
    const { code, stdout } = await validate('--json', '--target=lambda', 'large.alloy')
    assert.equal(code, 0)
    const found = JSON.parse(stdout) as Record<string, unknown>[]
    assert.deepEqual(found.map(Object.keys), [['file', 'line', 'column', 'endLine', 'endColumn', 'severity', 'code', 'message', 'hint']])
    assert.deepEqual([found[0]!['line'], found[0]!['column'], found[0]!['severity'], found[0]!['code']], [2, 26, 'warning', 'limit/request-size'])
    assert.equal((await validate('--json', '--target=node', 'large.alloy')).stdout, '[]\n')
  })

  it('judges stability by the level given', async () => {
    await writeFile(path.join(cwd, 'echo.alloy'), 'otelcol.exporter.debug "out" { }\n')
    const { code, stderr } = await validate('echo.alloy')
    assert.equal(code, 1)
    assert.match(stderr, /"otelcol\.exporter\.debug" is at stability level "experimental"/)
    assert.equal((await validate('--stability.level=experimental', 'echo.alloy')).code, 0)
  })
})
