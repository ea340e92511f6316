/** `sluice queue`: the queues of a collector that runs somewhere, and its dead letters. */

import { setTimeout as wait } from 'node:timers/promises'
import type { BatchRow, Moved, QueueRow } from '../graph/run/queues.ts'
import { UsageError, parse } from './usage.ts'

export const summary = 'show and mend the queues of a running collector'
export const help = `Usage: sluice queue list   [FLAGS]
       sluice queue show   [FLAGS] NODE QUEUE
       sluice queue replay [FLAGS] NODE QUEUE
       sluice queue purge  [FLAGS] --yes NODE QUEUE

Asks a running collector, on any platform, about the queues of its destinations. NODE is a component's id and QUEUE one of its
queues, as \`list\` names them; NAME.refused holds the dead letters of NAME: what the destination refused for good, where the
deployment keeps it (SLUICE_DEAD_LETTERS=on).

  list                      every queue: how much waits, for how long, whether batches go past it (gate open) or into it (shut)
  show                      the batches of a queue; with one --batch, its content
  replay                    put dead letters back into the queue of their destination
  purge                     drop batches for good

  --url=URL                 the collector (default: the environment's SLUICE_URL, or http://127.0.0.1:12345)
  --batch=POSITION          one batch, as \`show\` names it; may be repeated (show: once). Without it replay and purge take all
  --limit=N                 show: at most so many batches (default: 100)
  --yes                     purge: really
  --json                    print what the collector answered

The collector's environment holds a secret SLUICE_ADMIN_TOKEN, without which it has no such addresses; the same value is read
from SLUICE_ADMIN_TOKEN here.

Exit code: 0 done, 1 the collector said no or cannot be reached, 2 wrong usage.`

const options = {
  url: { type: 'string' },
  batch: { type: 'string', multiple: true, default: [] as string[] },
  limit: { type: 'string', default: '100' },
  yes: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** The collector said no, or nothing; the message is for people. */
class Refused extends Error {}

const path = '/api/v0/sluice/queues'
const answerMs = 60_000
/** How often a busy queue is tried again, and how often a replay goes on that was not finished in one call. */
const mostTries = 30
const mostRounds = 10_000

interface Asked {
  readonly ask: <T>(method: 'GET' | 'POST', at: string, body?: object) => Promise<T>
  readonly json: boolean
  readonly batches: readonly string[]
  readonly limit: number
  readonly yes: boolean
  readonly rest: readonly string[]
}

const actions: Readonly<Record<'list' | 'show' | 'replay' | 'purge', (asked: Asked) => Promise<void>>> = { list, show, replay, purge }

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals: [name, ...rest] } = parse(args, options)
  if (name === undefined) throw new UsageError('what to do is missing: list, show, replay or purge')
  const action = Object.hasOwn(actions, name) ? actions[name as keyof typeof actions] : undefined
  if (action === undefined) throw new UsageError(`queue knows ${Object.keys(actions).join(', ')}; not ${JSON.stringify(name)}`)
  const url = values.url ?? (process.env.SLUICE_URL || 'http://127.0.0.1:12345')
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new UsageError(`--url takes an address like https://sluice.example.com, not ${JSON.stringify(url)}`)
  const limit = /^\d{1,4}$/.test(values.limit) ? Number(values.limit) : 0
  if (limit < 1 || limit > 1000) throw new UsageError(`--limit takes a number from 1 to 1000, not ${JSON.stringify(values.limit)}`)
  const token = process.env.SLUICE_ADMIN_TOKEN ?? ''
  if (token === '') throw new UsageError('the environment has no SLUICE_ADMIN_TOKEN; it is the secret with which the collector was deployed')
  try {
    await action({ ask: asker(url, token), json: values.json, batches: values.batch, limit, yes: values.yes, rest })
    return 0
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    console.error(`sluice queue ${name}: ${error.message}`)
    return 1
  }
}

/** Asks the collector; waits and asks again while a queue is busy. */
function asker(url: string, token: string): Asked['ask'] {
  return async <T>(method: 'GET' | 'POST', at: string, body?: object): Promise<T> => {
    const target = new URL(path + at, url)
    for (let tries = 1; ; tries++) {
      const response = await fetch(target, {
        method, redirect: 'error', signal: AbortSignal.timeout(answerMs),
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      }).catch((error: unknown) => { throw new Refused(`${url} cannot be reached: ${reasonOf(error)}`) })
      const text = await response.text()
      const retryAfter = response.headers.get('retry-after')
      if (response.status === 409 && retryAfter !== null && tries < mostTries) {
        await wait(Number(retryAfter) * 1000)
        continue
      }
      if (response.ok) return parsed<T>(text) ?? refuse(`${target.href} answered something that is not JSON: is a collector there?`)
      const said = parsed<{ error?: string }>(text)?.error
      if (said !== undefined) return refuse(said)
      if (response.status === 404) return refuse(`${url} has no such address: it is no collector, or was deployed without SLUICE_ADMIN_TOKEN`)
      return refuse(`${target.href} answered ${response.status}`)
    }
  }
}

function refuse(message: string): never { throw new Refused(message) }

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}

const reasonOf = (error: unknown) => (error instanceof Error && error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : String(error))

function place(rest: readonly string[]): { node: string; queue: string } {
  const [node, queue, ...more] = rest
  if (node === undefined || queue === undefined || more.length > 0) throw new UsageError('NODE and QUEUE are wanted; "sluice queue list" names them')
  return { node, queue }
}

const query = (fields: Readonly<Record<string, string>>) => `?${new URLSearchParams(fields).toString()}`

// --- what it can do ---------------------------------------------------------------------------------------------------------------

async function list({ ask, json, rest }: Asked): Promise<void> {
  if (rest.length > 0) throw new UsageError('list takes no NODE or QUEUE')
  const answer = await ask<{ queues: QueueRow[] }>('GET', '')
  if (json) return print(answer)
  const rows = answer.queues.map(({ node, queue, batches, items, bytes, oldestMs, gate, bounds }) =>
    [node, queue, String(batches), String(items), size(bytes), size(bounds.bytes), oldestMs === undefined ? '-' : age(Date.now() - oldestMs), gate ?? '-'])
  console.log(rows.length === 0 ? 'no destination has a queue' : table([['NODE', 'QUEUE', 'BATCHES', 'ITEMS', 'BYTES', 'OF', 'OLDEST', 'GATE'], ...rows]))
}

async function show({ ask, json, batches: [position, ...more], limit, rest }: Asked): Promise<void> {
  const at = place(rest)
  if (more.length > 0) throw new UsageError('show takes one --batch')
  if (position !== undefined) return print(await ask('GET', `/batch${query({ ...at, position })}`))
  const answer = await ask<{ batches: BatchRow[]; next?: string }>('GET', `/batches${query({ ...at, limit: String(limit) })}`)
  if (json) return print(answer)
  if (answer.batches.length === 0) return console.log(`${at.queue} of ${at.node} is empty`)
  const rows = answer.batches.map(({ position, items, bytes, acceptedAtMs, note, reason }) => {
    const notes = Object.entries(note).map(([name, value]) => `${name}=${value}`)
    return [position, String(items), size(bytes), new Date(acceptedAtMs).toISOString(), [...notes, ...(reason === undefined ? [] : [reason])].join(' ')]
  })
  console.log(table([['BATCH', 'ITEMS', 'BYTES', 'ACCEPTED', 'NOTE'], ...rows]))
  if (answer.next !== undefined) console.log('there are more: see --limit')
}

async function replay({ ask, json, batches, rest }: Asked): Promise<void> {
  const at = place(rest)
  const moved = await again(() => ask('POST', '/replay', { ...at, ...(batches.length > 0 && { positions: batches }) }))
  if (json) return print(moved)
  console.log(`${count(moved)} put back into the queue`)
}

async function purge({ ask, json, batches, yes, rest }: Asked): Promise<void> {
  const at = place(rest)
  if (!yes) throw new UsageError(`${batches.length > 0 ? `${batches.length} batches` : 'all batches'} of ${at.queue} of ${at.node} would be dropped for good; say --yes`)
  const moved = await ask<Moved>('POST', '/purge', { ...at, ...(batches.length > 0 && { positions: batches }) })
  if (json) return print(moved)
  console.log(`${count(moved)} dropped`)
}

/** Goes on until everything is done: one call works no longer than an invocation may. */
async function again(once: () => Promise<Moved>): Promise<Moved> {
  let all: Moved = { batches: 0, items: 0, bytes: 0, done: false }
  for (let round = 0; !all.done && round < mostRounds; round++) {
    const moved = await once()
    all = { batches: all.batches + moved.batches, items: all.items + moved.items, bytes: all.bytes + moved.bytes, done: moved.done }
  }
  return all
}

// --- showing it -------------------------------------------------------------------------------------------------------------------

const print = (answer: unknown) => { console.log(JSON.stringify(answer, null, 2)) }

const count = ({ batches, items }: Moved) => `${batches} ${batches === 1 ? 'batch' : 'batches'} with ${items} ${items === 1 ? 'item' : 'items'}`

const size = (bytes: number) => (bytes < 1024 ? `${bytes} B` : bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`)

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const units = [['d', 86_400], ['h', 3_600], ['m', 60]] as const
  const [unit, length] = units.find(([, of]) => seconds >= 2 * of) ?? ['s', 1]
  return `${Math.floor(seconds / length)}${unit}`
}

/** Columns as wide as what stands in them. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n')
}
