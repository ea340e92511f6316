import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { webHost } from '../../src/handlers/host.ts'

const never = () => new AbortController().signal
/** Work that only its signal ends; resolves with why. */
const until = (signal: AbortSignal) => new Promise<unknown>(resolve => { signal.addEventListener('abort', () => { resolve(signal.reason) }) })

describe('limits of time', () => {
  it('ring also when memory was collected meanwhile', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const waiting = Array.from({ length: 20 }, () => webHost.within(50, never(), until))
    for (let i = 0; i < 5; i++) {
      await new Promise(resolve => { setTimeout(resolve, 5) })
      collect()
    }
    const reasons = await Promise.all(waiting)
    assert.ok(reasons.every(reason => reason instanceof DOMException && reason.name === 'TimeoutError'))
  })

  it('end with what they are part of, for its reason', async () => {
    const whole = new AbortController()
    const waiting = webHost.within(60_000, whole.signal, until)
    const reason = new Error('the client has gone')
    whole.abort(reason)
    assert.equal(await waiting, reason)
    assert.equal(await webHost.within(60_000, whole.signal, async signal => signal.reason as unknown), reason)
  })

  it('leave no timer behind, and pass on what the work says', async () => {
    assert.equal(await webHost.within(60_000, never(), async () => 7), 7)
    await assert.rejects(webHost.within(60_000, never(), async () => { throw new TypeError('no') }), TypeError)
  })
})
