/** AWS Lambda: Function URLs, API Gateway (REST and HTTP APIs), the schedule's ticks, and rounds that it invokes itself for. */

import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda'
import * as graphModule from '#graph'
import type { Order } from '../graph/run/clock.ts'
import { Graph } from '../graph/run/graph.ts'
import { memoryStore } from '../state/stores/memory.ts'
import { s3Store } from '../state/stores/s3.ts'
import { lookup } from './dns.ts'
import { webHost } from './host.ts'
import { nodeFetch } from './node-fetch.ts'
import { markWhenFull } from './node-heap.ts'
import { createApp, type Incoming } from './http/app.ts'
import { paceOf } from './pace.ts'

/** What EventBridge (rules and Scheduler) sends. */
interface TickEvent {
  readonly source: 'aws.events' | 'aws.scheduler'
}

/** What an invocation sends to another of the same function. Only who may invoke it can: requests come in a shape of their own. */
interface RoundEvent {
  readonly sluiceRound: Order
}

/** What a bucket's notifications send when something is put into a queue, by themselves or through SQS. */
interface WorkEvent {
  readonly Records: readonly { readonly eventSource: string }[]
}

markWhenFull()

const { now, random } = webHost
const { SLUICE_BUCKET: bucket = '', SLUICE_PREFIX: prefix = '' } = process.env
// The bucket's SDK is loaded when state is first used, so a cold start does not wait for it.
const store = bucket === '' ? memoryStore({ now, random }) : s3Store({ bucket, prefix, now, random })

const graph = new Graph(graphModule, { ...webHost, fetch: nodeFetch, platform: 'lambda', shareIo: true, env: name => process.env[name], lookup, store })
const app = createApp(graph)

/** Only isolates that share their state may share work. */
const invoke = bucket === '' ? undefined : graphModule.invokerOf?.(name => process.env[name])
const pace = { ...paceOf('lambda', name => process.env[name]), ...(invoke === undefined && { minShards: 1, maxShards: 1 }) }

/** Leaves this much of the invocation to answer in. */
const marginMs = 500
/** A sender is not kept waiting for longer, however long a tick may last. */
const answerMs = 29_500

export async function handler(event: LambdaEvent | TickEvent | WorkEvent | RoundEvent, context: LambdaContext): Promise<unknown> {
  const remainingMs = Math.max(1, (context.getRemainingTimeInMillis?.() ?? 30_000) - marginMs)
  if (isTick(event) || isWork(event) || isRound(event)) {
    const signal = AbortSignal.timeout(remainingMs)
    if (isRound(event)) await round(event.sluiceRound, signal)
    else await Promise.all([isTick(event) && tick(signal), drainAll(signal)])
    await counted()
    return {}
  }
  const incoming: Incoming = { remainingMs: Math.min(remainingMs, answerMs), ...peer(event) }
  // What earlier requests counted is written while this one is at work; after an answer nothing runs here until the next request.
  const written = counted()
  const answer = handle({ fetch: (request: Request) => app.fetch(request, { incoming }) } as typeof app, { isContentTypeBinary: isBinary })
  try {
    return await answer(withoutStage(event), context)
  } finally {
    // Requests that come less often than counts may be written find nothing left of earlier ones, and write their own.
    await written
    await counted()
  }
}

const round = (order: Order, signal: AbortSignal) => webHost.within(Math.max(0, order.deadlineMs - now()), signal, within => graph.round(order, within))

/** What is due: first what has changed, then scrapes of what is there now. The work of one shard is done here, that of several is handed on. */
async function tick(signal: AbortSignal): Promise<void> {
  await graph.tick(signal)
  const here: Promise<void>[] = []
  await graph.beat({
    pace,
    async hand(orders) {
      if (orders.length === 1 || invoke === undefined) here.push(...orders.map(order => round(order, signal)))
      else await Promise.all(orders.map(order => invoke({ sluiceRound: order } satisfies RoundEvent)))
    },
  }, signal)
  for (const outcome of await Promise.allSettled(here)) {
    if (outcome.status === 'rejected') console.error(`level=error msg="round failed" err=${JSON.stringify(String(outcome.reason))}`)
  }
}

/** The longest that an answer waits for counts; a write that takes longer goes on with the next request. */
const countingMs = 500

const counted = () => Promise.race([graph.ledger.flush(), webHost.sleep(countingMs, new AbortController().signal)])

/** A wait up to this is waited out; a destination that is down is left to the next tick, because waiting is billed. */
const shortWaitMs = 1_000

/** Goes on while there is work and time. */
async function drainAll(signal: AbortSignal): Promise<void> {
  for (;;) {
    const waitMs = await graph.drain(signal, { woken: true })
    if (waitMs === undefined || waitMs > shortWaitMs || signal.aborted) return
    await webHost.sleep(waitMs, signal)
  }
}

const isRound = (event: LambdaEvent | TickEvent | WorkEvent | RoundEvent): event is RoundEvent => 'sluiceRound' in event

const isWork = (event: LambdaEvent | TickEvent | WorkEvent | RoundEvent): event is WorkEvent =>
  'Records' in event && event.Records.every(({ eventSource }) => eventSource === 'aws:s3' || eventSource === 'aws:sqs')

const isTick = (event: LambdaEvent | TickEvent | WorkEvent | RoundEvent): event is TickEvent =>
  'source' in event && (event.source === 'aws.events' || event.source === 'aws.scheduler')

/** The caller's address, where the event's shape has it. */
function peer(event: LambdaEvent): { address?: string } {
  const { requestContext } = event as { requestContext?: { http?: { sourceIp?: string }; identity?: { sourceIp?: string } } }
  const address = requestContext?.http?.sourceIp ?? requestContext?.identity?.sourceIp
  return address === undefined ? {} : { address }
}

/** An HTTP API with a named stage puts the stage in front of the path; the graph's routes know nothing of stages. */
function withoutStage(event: LambdaEvent): LambdaEvent {
  const { rawPath, requestContext } = event as { rawPath?: string; requestContext?: { stage?: string } }
  const stage = requestContext?.stage
  if (rawPath === undefined || stage === undefined || stage === '$default') return event
  if (rawPath !== `/${stage}` && !rawPath.startsWith(`/${stage}/`)) return event
  return { ...event, rawPath: rawPath.slice(stage.length + 1) || '/' }
}

/** What must travel as base64: all but text. */
const isBinary = (contentType: string) => !/^(text\/|application\/(json|.*\+json|javascript|xml))/.test(contentType)
