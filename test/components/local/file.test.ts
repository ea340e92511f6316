import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OptionalSecret } from '../../../src/components/contract/define.ts'
import file from '../../../src/components/local/file.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent, problemsOf } from '../../support/component.ts'

describe('local.file', () => {
  it('exports the content as it is, at first and whenever it is asked again', async () => {
    const files: Record<string, string> = { '/etc/token': ' one\n' }
    const call = fakeCall({ files })
    const { refresh } = buildComponent(file, 'filename = "/etc/token"\npoll_frequency = "10s"')
    assert.equal(refresh!.everyMs, 10_000)
    for (const content of [' one\n', 'zwei ü']) {
      files['/etc/token'] = content
      const exported = (await refresh!.run(call))['content']
      assert.ok(exported instanceof OptionalSecret)
      assert.deepEqual([exported.value, exported.isSecret], [content, false])
    }
  })

  it('exports a secret when it is one', async () => {
    const { refresh } = buildComponent(file, 'filename = "t"\nis_secret = true')
    const { content } = await refresh!.run(fakeCall({ files: { t: 'hidden' } })) as { content: OptionalSecret }
    assert.deepEqual([content.value, content.isSecret, String(content)], ['hidden', true, '(secret)'])
  })

  it('fails when the file cannot be read, so that the last content stays', async () => {
    await assert.rejects(buildComponent(file, 'filename = "gone"').refresh!.run(fakeCall()), /no such file: gone/)
  })

  it('refuses arguments that cannot work', () => {
    assert.throws(() => buildComponent(file, 'filename = "t"\npoll_frequency = "0s"'), /poll_frequency must be greater than 0/)
    assert.deepEqual(problemsOf(file, 'detector = "inotify"\nfilename = "t"').filter(problem => !problem.startsWith('inert')), ['invalid detector: "inotify" is not one of "fsnotify", "poll"'])
  })
})
