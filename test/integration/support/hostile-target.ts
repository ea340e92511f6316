/**
 * A target of scrapes that misbehaves by the clock, so that whoever scrapes it sees the same whenever it looks within a phase. Phases
 * follow one another from `beginMs`; in even ones (and before) every page is well, in odd ones each path has its own trouble.
 */

import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export interface Moment {
  readonly nowMs: number
  readonly phase: number
  readonly bad: boolean
}

/** Series with times of their own have one a slot, so that everybody who scrapes more often than that has the same. */
export const slotMs = 6_000

const text = 'text/plain; version=0.0.4; charset=utf-8'
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

const lines = (...all: readonly string[]) => `${all.join('\n')}\n`
const say = (body: string, type = text) => (answer: ServerResponse) => { answer.writeHead(200, { 'content-type': type }).end(body) }
/** A page that is well, whose values change from phase to phase. */
const well = (phase: number) => lines('# TYPE first gauge', `first ${phase}`, `second{a="1"} ${phase}`, `third ${phase}`, 'fourth 4')
const wellUnless = (trouble: (moment: Moment) => (answer: ServerResponse) => void) => (moment: Moment) => (moment.bad ? trouble(moment) : say(well(moment.phase)))

/** What each path answers. */
export const behaviours = {
  steady: ({ nowMs, phase }) => say(lines(
    `clock_ms ${nowMs}`, `phase ${phase}`, 'nan NaN', 'infinite +Inf', 'negative -Inf', 'tiny 5e-324', 'spaced{a="b", c = "d",}   1.5  ',
    'escaped{a="\\"\\\\\\n żółć 🦊"} 1', 'clash{job="theirs",instance="theirs",behaviour="theirs"} 1', 'empty{a=""} 1',
  )),
  /** Series come and go, a third of them each phase. */
  churn: ({ phase }) => say(lines('# TYPE part gauge', ...[0, 1, 2, 3, 4, 5].filter(n => n % 3 !== phase % 3).map(n => `part{n="${n}"} ${phase}`))),
  /** All counters begin anew. */
  restart: ({ phase }) => say(lines('# TYPE count counter', `count ${phase % 2 === 0 ? 1000 : 1}`, `generation{of="${phase}"} 1`)),
  broken: wellUnless(({ phase }) => say(lines(`first ${phase}`, `fifth ${phase}`, 'second{a="1" 5', `third ${phase}`))),
  hexadecimal: wellUnless(() => say(lines('first 1', 'second 0x1F'))),
  garbage: wellUnless(() => say('<html>not here</html>')),
  nameless: wellUnless(() => say(lines('first 1', '{a="1"} 2'))),
  twice: wellUnless(() => say(lines('first 1', 'second{a="1",a="2"} 2'))),
  json: wellUnless(() => say('{}', 'application/json')),
  void: wellUnless(() => say('')),
  unfinished: ({ phase, bad }) => say(lines('# TYPE first gauge', `first ${phase}`, ...(bad ? [] : [`second ${phase}`, '# EOF'])).trimEnd() + (bad ? '\n' : ''), openMetrics),
  hang: wellUnless(() => () => undefined),
  slow: wellUnless(() => answer => { answer.writeHead(200, { 'content-type': text }).write('first 1\n') }),
  reset: wellUnless(() => answer => { answer.destroy() }),
  short: wellUnless(() => answer => {
    answer.writeHead(200, { 'content-type': text, 'content-length': 1000 }).write('first 1\n', () => { answer.destroy() })
  }),
  unavailable: wellUnless(() => answer => { answer.writeHead(503).end('first 1\n') }),
  nowhere: wellUnless(() => answer => { answer.writeHead(302, { location: '/loop' }).end() }),
  falseGzip: wellUnless(() => answer => { answer.writeHead(200, { 'content-type': text, 'content-encoding': 'gzip' }).end('first 1\n') }),
  /** More samples than the job that this is for allows. */
  many: wellUnless(({ phase }) => say(lines(...[1, 2, 3, 4, 5, 6, 7, 8].map(n => `${['', 'first', 'fourth', 'fifth'][n] ?? `more_${n}`} ${phase}`)))),
  /** The same series again with another value: the first counts. */
  duplicates: ({ phase }) => say(lines(`first ${phase}`, `second ${phase}`, 'first 99', 'second 98')),
  exemplars: ({ phase, nowMs }) => say(lines(
    '# TYPE requests counter', '# UNIT requests_s s', `requests_total ${phase + 1} # {trace_id="${phase}"} 0.5`,
    '# TYPE latency histogram', `latency_bucket{le="1.0"} ${phase} # {trace_id="bucket ${phase}"} 0.25 ${(Math.floor(nowMs / slotMs) * slotMs / 1000).toFixed(3)}`,
    `latency_bucket{le="+Inf"} ${phase + 1}`, `latency_sum ${phase}`, `latency_count ${phase + 1}`, 'latency_created 1600000000.5', '# EOF',
  ), openMetrics),
  /** Times of its own; in odd phases one of them goes back by a minute. */
  timed: ({ nowMs, bad }) => {
    const slot = Math.floor(nowMs / slotMs) * slotMs
    return say(lines('untimed 1', `timed ${slot / 1000 % 1000} ${slot}`, ...(bad ? [] : [`sometimes 1 ${slot}`])))
  },
  disorderly: ({ nowMs, bad }) => {
    const slot = Math.floor(nowMs / slotMs) * slotMs
    return say(lines('untimed 1', `wavering ${slot / 1000 % 1000} ${bad ? slot - 60_000 : slot}`, `future 1 ${nowMs + 3_600_000}`))
  },
  /** Discovered in even phases only. */
  found: ({ phase }) => say(well(phase)),
} satisfies Record<string, (moment: Moment) => (answer: ServerResponse) => void>

export type Behaviour = keyof typeof behaviours

export interface HostileTarget {
  /** `HOST:PORT`. */
  readonly address: string
  /** Lists the target `/found` while it is there, in the format of HTTP discovery. */
  readonly discovery: string
  /** Lets the phases begin now; answers when that is. */
  readonly begin: () => number
  readonly stop: () => Promise<void>
}

export async function startHostileTarget(phaseMs: number): Promise<HostileTarget> {
  let beginMs = Infinity
  const moment = (): Moment => {
    const nowMs = Date.now()
    const phase = Math.max(0, Math.floor((nowMs - beginMs) / phaseMs))
    return { nowMs, phase, bad: phase % 2 === 1 }
  }
  const server = createServer(({ url = '/' }, answer) => {
    const name = url.slice(1)
    if (name === 'loop') answer.writeHead(302, { location: '/loop' }).end()
    else if (name === 'targets') {
      const groups = moment().bad ? [] : [{ targets: [address], labels: { __metrics_path__: '/found', behaviour: 'found' } }]
      answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(groups))
    } else if (name in behaviours) behaviours[name as Behaviour](moment())(answer)
    else answer.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    address,
    discovery: `http://${address}/targets`,
    begin: () => beginMs = Date.now(),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
