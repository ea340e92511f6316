import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import file from '../../../src/components/discovery/file.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent } from '../../support/component.ts'
import { found } from '../../support/targets.ts'

describe('discovery.file', () => {
  const files: Record<string, string> = {
    'sd/a.json': '[{"targets": ["a:1"], "labels": {"job": "x"}}]',
    'sd/b.yml': '# comment\n- targets: [b:1, \'[::1]:2\']\n  labels:\n    port: 9100\n    yes: no\n- targets:\n  - c:1\n',
    'sd/empty.yaml': '\n',
    'other/z.json': '[{"targets": ["z:1"]}]',
  }
  const a = { __address__: 'a:1', __meta_filepath: 'sd/a.json', job: 'x' }
  const b = [
    { __address__: 'b:1', __meta_filepath: 'sd/b.yml', port: '9100', yes: 'no' },
    { __address__: '[::1]:2', __meta_filepath: 'sd/b.yml', port: '9100', yes: 'no' },
    { __address__: 'c:1', __meta_filepath: 'sd/b.yml' },
  ]

  it('finds the targets of JSON and YAML files, by name and by pattern', async () => {
    const component = buildComponent(file, 'files = ["sd/*.json", "sd/*.yml", "sd/empty.yaml", "sd/a.json"]')
    assert.equal(component.refresh!.everyMs, 300_000)
    assert.deepEqual(await found(component, fakeCall({ files })), [a, ...b])
  })

  it('keeps what a file said last while it is broken, and forgets one that is gone', async () => {
    const now = { ...files }
    const component = buildComponent(file, 'files = ["sd/*.json", "other/*.json"]')
    const call = fakeCall({ files: now })
    await found(component, call)
    now['sd/a.json'] = '[{"targets": ['
    delete now['other/z.json']
    assert.deepEqual(await found(component, call), [a])
    assert.match(call.logs[0]!.message, /its last targets stay/)
  })

  const broken: [string, string, RegExp][] = [
    ['a.json', '{', /^Error: a\.json cannot be read: /],
    ['a.yml', 'targets: [a]', /there should be a list of target groups/],
    ['a.yml', '- target: [a]', /group 1 has an unknown field "target"/],
    ['a.yml', '- targets: [a\n', /cannot be read/],
    ['a.yml', '- targets: []\n  targets: []', /cannot be read/],
  ]
  for (const [name, content, error] of broken) {
    it(`fails at ${JSON.stringify(content)} in ${name}`, async () => {
      await assert.rejects(found(buildComponent(file, `files = ["${name}"]`), fakeCall({ files: { [name]: content } })), error)
    })
  }

  it('fails where a file is missing that is no pattern, and finds nothing where no file matches', async () => {
    await assert.rejects(found(buildComponent(file, 'files = ["gone.json"]'), fakeCall()), /gone\.json cannot be read: no such file/)
    assert.deepEqual(await found(buildComponent(file, 'files = ["gone/*.json"]'), fakeCall()), [])
  })

  it('refuses other names, as Prometheus does', () => {
    for (const name of ['a.txt', 'a', '*/a.json', 'a*b*.Json']) assert.throws(() => buildComponent(file, `files = ["${name}"]`), /is not valid for file discovery/)
  })
})
