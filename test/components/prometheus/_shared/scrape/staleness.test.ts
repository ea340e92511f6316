/** When series end, as Prometheus ends them: see `src/components/prometheus/_shared/scrape/{scrape-target,retire}.ts`. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { retryable } from '../../../../../src/components/contract/errors.ts'
import { memoryStore } from '../../../../../src/state/stores/memory.ts'
import { chance, linesOf, page, scraper, split } from '../../../../support/scrape.ts'

const one = 'targets = [{"__address__" = "a:1"}]\nscrape_interval = "15s"'
const start = 1_700_000_000_000
const at = (n: number) => start + 15_000 * n
const series = (name: string, value: number | 'STALE', n: number, job = 'prometheus.scrape.test') => `${name}{instance="a:1", job="${job}"} ${value} @${at(n)}`
const samples = async (lines: Promise<string[]>) => split(await lines).samples

describe('staleness', () => {
  it('ends a series that a page has no more, once', async () => {
    const pages = ['x 1\ny 2\n', 'x 1\n', 'x 1\n', 'y 3\nx 1\n']
    const { tick } = scraper(one, (_, n) => page(pages[n]!))
    assert.deepEqual(await samples(tick()), [series('x', 1, 0), series('y', 2, 0)])
    assert.deepEqual(await samples(tick(15_000)), [series('x', 1, 1), series('y', 'STALE', 1)])
    assert.deepEqual(await samples(tick(15_000)), [series('x', 1, 2)])
    const { samples: back, report } = split(await tick(15_000))
    assert.deepEqual(back, [series('y', 3, 3), series('x', 1, 3)])
    assert.equal(report['scrape_series_added'], '1')
  })

  it('ends all series when a scrape fails, whatever it fails by', async () => {
    const broken: readonly (readonly [string, () => Response | Promise<Response>, config?: string])[] = [
      ['status', () => page('x 2\n', undefined, 500)],
      ['network', () => { throw new Error('connection refused') }],
      ['a line that is none', () => page('{{{ 7\nx 2\ny 2\n')],
      ['a label twice', () => page('x{a="1",a="2"} 2\n')],
      ['a name', () => page('# TYPE x gauge\n{"x y"} 2\n')],
      ['sample_limit', () => page('z 2\nv 2\nx 2\n'), 'sample_limit = 2'],
      ['label_limit', () => page('x{a="1"} 2\n'), 'label_limit = 3'],
      ['body_size_limit', () => page(`x 2\n# ${'.'.repeat(100)}\n`), 'body_size_limit = "50B"'],
      ['content type', () => page('x 2\n', 'text/html'), 'scrape_fallback_protocol = ""'],
    ]
    for (const [what, answer, config = ''] of broken) {
      const { tick } = scraper(`${one}\n${config}`, (_, n) => (n === 0 ? page('x 1\ny 1\n') : answer()))
      await tick()
      const { samples: ends, report } = split(await tick(15_000))
      assert.deepEqual(ends, [series('x', 'STALE', 1), series('y', 'STALE', 1)], what)
      assert.equal(report['up'], '0', what)
      assert.deepEqual(await samples(tick(15_000)), [], `${what}, again`)
    }
  })

  it('leaves those that a failed page had come to, until a page has them no more', async () => {
    const failed: readonly (readonly [string, string, config?: string])[] = [
      ['a line that is none', 'new 2\nx 2\n{{{ 7\ny 2\n'],
      ['sample_limit', 'new 2\nx 2\ny 2\n', 'sample_limit = 2'],
      ['label_limit', 'new 2\nx 2\ny{a="1"} 2\n', 'label_limit = 3'],
    ]
    for (const [what, failing, config = ''] of failed) {
      const pages = ['x 1\ny 1\n', failing, failing, 'y 3\n', 'x 1\ny 1\n', failing, '']
      const { tick } = scraper(`${one}\n${config}`, (_, n) => (n === pages.length ? page('', '', 500) : page(pages[n]!)))
      await tick()
      const first = split(await tick(15_000))
      assert.deepEqual(first.samples, [series('y', 'STALE', 1)], what)
      assert.equal(first.report['up'], '0', what)
      assert.deepEqual(await samples(tick(15_000)), [], `${what}, again`)
      // What never was written ends too: Prometheus does not know that either.
      const back = split(await tick(15_000))
      assert.deepEqual(back.samples, [series('y', 3, 3), series('x', 'STALE', 3), series('new', 'STALE', 3)], `${what}, then well`)
      assert.equal(back.report['scrape_series_added'], '0', 'a page that failed makes nothing new')
      await tick(15_000)
      assert.deepEqual(await samples(tick(15_000)), [series('y', 'STALE', 5)], `${what}, once more`)
      assert.deepEqual(await samples(tick(15_000)), [series('x', 'STALE', 6), series('new', 'STALE', 6)], `${what}, then nothing`)
      assert.deepEqual(await samples(tick(15_000)), [], `${what}, then a failure`)
    }
  })

  it('forgets what failed pages brought when there is too much of it', async () => {
    const { tick, statuses } = scraper(one, (_, n) => page(n === 0 ? 'x 1\n' : n === 8 ? 'x 1\ns1_1 1\ns7_1 1\n' : `${Array.from({ length: 300 }, (_, i) => `s${n}_${i} 1\n`).join('')}{{{\n`))
    await tick()
    for (let n = 1; n < 8; n++) assert.equal((await samples(tick(15_000))).length, n === 1 ? 1 : 300)
    assert.equal((await statuses())[0]!['series'], 1)
    const { report } = split(await tick(15_000))
    assert.equal(report['scrape_series_added'], '2', 'the first of them are forgotten, with those of the last good page; the last are not')
  })

  it('an empty page ends all series and forgets none', async () => {
    const { tick } = scraper(one, (_, n) => page(n === 1 ? '' : 'x 1\n'))
    await tick()
    const empty = split(await tick(15_000))
    assert.deepEqual(empty.samples, [series('x', 'STALE', 1)])
    assert.deepEqual([empty.report['up'], empty.report['scrape_samples_scraped']], ['1', '0'])
    const { report } = split(await tick(15_000))
    assert.equal(report['scrape_series_added'], '0')
  })

  it('counts what a failed page had until it failed', async () => {
    const { tick } = scraper(`${one}\nsample_limit = 2`, () => page('x 2\ny 2\nz 2\n'))
    const { report } = split(await tick())
    assert.deepEqual([report['scrape_samples_scraped'], report['scrape_samples_post_metric_relabeling'], report['scrape_series_added']], ['3', '3', '2'])
  })

  it('goes on after a failure as if the series had never been away', async () => {
    const { tick } = scraper(one, (_, n) => (n === 1 ? page('', '', 500) : page('x 1\n')))
    await tick()
    await tick(15_000)
    const { samples: back, report } = split(await tick(15_000))
    assert.deepEqual(back, [series('x', 1, 2)])
    assert.equal(report['scrape_series_added'], '0')
  })

  it('leaves series with times of their own alone, unless asked', async () => {
    const pages = ['x 1 5\ny 1\n', 'y 1\n']
    const plain = scraper(one, (_, n) => page(pages[n]!))
    await plain.tick()
    assert.deepEqual(await samples(plain.tick(15_000)), [series('y', 1, 1)])
    const tracked = scraper(`${one}\ntrack_timestamps_staleness = true`, (_, n) => page(pages[n]!))
    await tracked.tick()
    assert.deepEqual(await samples(tracked.tick(15_000)), [series('y', 1, 1), series('x', 'STALE', 1)])
    const ignored = scraper(`${one}\nhonor_timestamps = false`, (_, n) => page(pages[n]!))
    assert.deepEqual(await samples(ignored.tick()), [series('x', 1, 0), series('y', 1, 0)])
  })

  it('knows a series by its labels, however a page writes it', async () => {
    const pages = ['x{a="1",b="2"} 1\n', 'x{b="2",a="1"} 2\n', 'x { a = "1", b = "2", } 3\n']
    const { tick } = scraper(one, (_, n) => page(pages[n]!))
    for (const [n, value] of [[0, 1], [1, 2], [2, 3]] as const) {
      assert.deepEqual(await samples(tick(n === 0 ? 0 : 15_000)), [`x{a="1", b="2", instance="a:1", job="prometheus.scrape.test"} ${value} @${at(n)}`])
    }
  })

  it('writes only the first of samples of one series', async () => {
    const { tick, call } = scraper(one, () => page('x 1\nx 2\nx{} 3\n'))
    const { samples: written, report } = split(await tick())
    assert.deepEqual(written, [series('x', 1, 0)])
    assert.equal(report['scrape_samples_post_metric_relabeling'], '3')
    assert.match(call.logs[0]!.message, /same timestamp/)
  })

  it('refuses samples of more than ten minutes from now', async () => {
    const { tick } = scraper(one, () => page(`x 1 ${start + 700_000}\ny 1 ${start + 500_000}\n`))
    assert.deepEqual(await samples(tick()), [`y{instance="a:1", job="prometheus.scrape.test"} 1 @${start + 500_000}`])
  })
})

describe('times that a page says', () => {
  it('never go back, nor have another value, for destinations would refuse the whole batch', async () => {
    const pages = [
      ['x 1 1699999999000\ny 1\n', 'x'],
      ['x 2 1699999998000\ny 1\n', ''],
      ['y 1\nx 2 1699999999000\n', ''],
      ['x 1 1699999999000\ny 1\n', 'x'],
      ['z 1\nx 3 1700000000000\nx 4 1699999999500\n', 'x'],
      ['z{ 1\n', ''],
      ['x 4 1699999999500\n', ''],
      ['x 4 1700000000001\n', 'x'],
    ] as const
    const { call, tick } = scraper(one, (_, n) => page(pages[n]![0]))
    for (const [n, [text, written]] of pages.entries()) {
      const { samples: all, report } = split(await tick(n === 0 ? 0 : 15_000))
      assert.deepEqual(all.filter(line => line.startsWith('x{')).map(() => 'x'), written === '' ? [] : [written], text)
      assert.equal(report['up'], n === 5 ? '0' : '1')
    }
    const said = call.logs.filter(({ level }) => level === 'warn').map(({ message, fields }) => `${message}: ${String(fields['num_dropped'])}`)
    const [behind, doubled] = ['Error on ingesting out-of-order samples: 1', 'Error on ingesting samples with different value but same timestamp: 1']
    assert.deepEqual(said, [behind, doubled, behind, behind])
  })
})

describe('staleness across isolates', () => {
  const pages = ['x 1\ny 2\n', 'x 1\n']
  /** Another isolate (or deployment) over the same state. */
  const next = (store: ReturnType<typeof scraper>['store'], n: number, config = one) => scraper(config, () => page(pages[n]!), { store, startMs: at(n) })

  it('ends what an isolate before had seen', async () => {
    const first = next(memoryStore({ now: () => start, random: chance(3) }), 0)
    await first.tick()
    const second = next(first.store, 1)
    const { samples: ends, report } = split(await second.tick())
    assert.deepEqual(ends, [series('x', 1, 1), series('y', 'STALE', 1)])
    assert.equal(report['scrape_series_added'], '0')
  })

  it('notices what another isolate did meanwhile', async () => {
    const first = scraper(one, (_, n) => page(['x 1\ny 2\n', 'x 1\n'][n]!))
    await first.tick()
    const second = scraper(one, () => page('x 1\ny 2\nz 3\n'), { store: first.store, startMs: at(1) })
    await second.tick()
    assert.deepEqual(await samples(first.tick(30_000)), [series('x', 1, 2), series('y', 'STALE', 2), series('z', 'STALE', 2)])
  })

  it('does nothing twice for one time', async () => {
    const first = next(memoryStore({ now: () => start, random: chance(3) }), 0)
    const twin = next(first.store, 0)
    assert.equal((await first.tick()).length, 7)
    assert.deepEqual(await twin.tick(), [])
    assert.equal(twin.call.requests.length, 0)
  })

  it('leaves the work of a later holder of the lease alone', async () => {
    const { instance, call, batches } = scraper(one, () => page('x 1\n'))
    const round = (token: number, fromMs: number) => instance.rounds!.run(call, { mine: () => true, fromMs, untilMs: fromMs + 15_000, token })
    await round(7, start)
    call.advance(15_000)
    await round(6, call.now())
    assert.equal(batches.length, 1)
    call.advance(15_000)
    await round(7, call.now())
    assert.equal(batches.length, 2)
  })

  it('announces an end until it is safe', async () => {
    let down = false
    const { tick, call } = scraper(one, (_, n) => page(n === 0 ? 'x 1\ny 2\n' : 'x 1\n'), {
      consume: () => { if (down) throw retryable('the destination is away') },
    })
    await tick()
    down = true
    assert.deepEqual(await tick(15_000), [])
    assert.equal(call.logs.at(-1)!.message, 'Scrape commit failed')
    down = false
    assert.deepEqual(await samples(tick(15_000)), [series('x', 1, 2), series('y', 'STALE', 2)])
  })

  it('begins anew where the state is damaged', async () => {
    const first = scraper(one, () => page('x 1\n'))
    await first.tick()
    for (const { key } of (await first.store.list('window/', { limit: 10 })).entries) {
      const entry = (await first.store.get(key))!
      const bytes = entry.value.slice()
      bytes[bytes.length - 1]! ^= 0xff
      await first.store.put(key, bytes)
    }
    const second = scraper(one, () => page('x 1\n'), { store: first.store, startMs: at(1), call: { onDamage: () => undefined } })
    assert.equal(split(await second.tick()).report['scrape_series_added'], '1')
  })
})

describe('retirement', () => {
  const two = 'targets = [{"__address__" = "a:1"}, {"__address__" = "b:1"}]\nscrape_interval = "15s"'

  it('ends a target that is gone at the time of the scrape that did not come, after two intervals and a bit', async () => {
    const before = scraper(two, () => page('x 1\n'))
    await before.tick()
    const after = scraper(one.replace('a:1', 'b:1'), () => page('x 1\n'), { store: before.store, startMs: at(1) })
    const ofA = (lines: string[]) => lines.filter(line => line.includes('"a:1"'))
    assert.deepEqual(ofA(await after.tick()), [])
    assert.deepEqual(ofA(await after.tick(15_000)), [])
    const ends = ofA(await after.tick(15_000))
    assert.equal(ends.length, 6)
    assert.ok(ends.every(line => line.endsWith(`STALE @${ends[0]!.split('@')[1]}`)))
    assert.deepEqual(ends.map(line => line.split('{')[0]), [
      'x', 'up', 'scrape_duration_seconds', 'scrape_samples_scraped', 'scrape_samples_post_metric_relabeling', 'scrape_series_added',
    ])
    assert.deepEqual(ofA(await after.tick(60_000)), [])
  })

  it('lets a target come back, or move to another shard', async () => {
    const shard = () => scraper(two, () => page('x 1\n'), { store, startMs: start })
    const store = memoryStore({ now: () => start, random: chance(5) })
    const run = (of: ReturnType<typeof scraper>, index: number, n: number) =>
      of.instance.rounds!.run(of.call, { mine: i => i === index, fromMs: at(n), untilMs: at(n + 1), token: n })
    const [left, right] = [shard(), shard()]
    await run(left, 0, 0)
    right.call.advance(15_000)
    await run(right, 0, 1)
    const lines = right.batches.flatMap(linesOf)
    assert.equal(lines.filter(line => line.includes('STALE')).length, 0)
    assert.equal(split(lines).report['scrape_series_added'], '0')
    await right.instance.rounds!.retire(right.call)
    assert.equal(right.batches.length, 1)
  })

  it('says nothing twice of a target that had failed', async () => {
    const before = scraper(two, (_, n) => (n < 2 ? page('x 1\n') : page('', '', 500)))
    await before.tick()
    await before.tick(15_000)
    const after = scraper(one.replace('a:1', 'b:1'), () => page('x 1\n'), { store: before.store, startMs: at(9) })
    const ends = (await after.tick()).filter(line => line.includes('"a:1"'))
    assert.deepEqual(ends.map(line => line.split('{')[0]), [
      'up', 'scrape_duration_seconds', 'scrape_samples_scraped', 'scrape_samples_post_metric_relabeling', 'scrape_series_added',
    ])
  })
})
