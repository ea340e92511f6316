/**
 * A round: everything that is due in a stretch of time, for the targets of one shard. Rounds that follow one another without a gap
 * scrape each target once an interval, whoever runs them and however long each of them is:
 *
 *     from                     now                          until
 *      |---- missed, made up ---|---- waited for, one by one --|
 */

import type { Call } from '../../../contract/call.ts'
import type { RoundReport } from '../../../contract/define.ts'
import { scrapeTarget, type ScrapeJob } from './scrape-target.ts'
import { latestDue, type Target } from './target.ts'

export interface Round {
  readonly targets: readonly Target[]
  /** How many targets there are on all shards, for `target_limit`. */
  readonly allTargets: number
  /** Times that are due from here (milliseconds since the epoch) ... */
  readonly fromMs: number
  /** ... to before here. */
  readonly untilMs: number
  /** Sets this installation's scrapes off from others'. */
  readonly seed: number
  /** Of the lease under which the round is run: a later holder's work is left alone. */
  readonly token: number
}

/** What became of a round. */
export interface RoundOutcome extends RoundReport {
  /** Done before, or by another at this moment. */
  readonly skipped: number
}

/** As many connections as a platform lets one invocation have open. */
const connections = 6

interface Task {
  readonly target: Target
  readonly dueMs: number
}

/** Scrapes what is due, at most six targets at once, each at its own time; those that were missed at once, and once. */
export async function scrapeRound(call: Call, job: ScrapeJob, round: Round): Promise<RoundOutcome> {
  const tasks = tasksOf(round, call.now())
  const forced = job.targetLimit > 0 && round.allTargets > job.targetLimit
    ? { forced: `target_limit exceeded (number of targets: ${round.allTargets}, limit: ${job.targetLimit})` } : {}
  const outcome = { times: 0, skipped: 0, busyMs: 0 }
  let next = 0
  const undone = new Set<Task>()

  const work = async () => {
    for (let task = tasks[next++]; task !== undefined; task = tasks[next++]) {
      undone.add(task)
      const waitMs = task.dueMs - call.now()
      if (waitMs > 0) await call.sleep(waitMs)
      if (call.signal.aborted) return
      const startMs = call.now()
      try {
        const done = await scrapeTarget(call, job, task.target, { dueMs: task.dueMs, token: round.token, ...forced })
        undone.delete(task)
        if (done === 'done before' || done === 'under way') outcome.skipped++
        else {
          outcome.times++
          outcome.busyMs += call.now() - startMs
        }
      } catch (error) {
        // The store is away, or we have a bug: no reason to leave out the others.
        call.log('error', 'a scrape could not be done', { target: task.target.url, err: error instanceof Error ? error.message : String(error) })
      }
    }
  }
  // Waiting ends when the invocation does; the next one goes on from there.
  await Promise.allSettled(Array.from({ length: Math.min(connections, tasks.length) }, work))
  const left = [...undone, ...tasks.slice(next)].map(({ dueMs }) => dueMs)
  return { ...outcome, doneMs: Math.min(round.untilMs, ...left) }
}

/** What is due, in order of time: of the times that are over, each target's latest only. */
function tasksOf({ targets, fromMs, untilMs, seed }: Round, nowMs: number): Task[] {
  const tasks: Task[] = []
  for (const target of targets) {
    const interval = Math.max(1, Math.floor(target.intervalMs))
    const past = latestDue(target, seed, Math.min(nowMs, untilMs - 1))
    // What is made up must be over before the target is due again, which another round does.
    const room = untilMs > nowMs || past + interval >= nowMs + target.timeoutMs
    if (past >= fromMs && room) tasks.push({ target, dueMs: past })
    for (let dueMs = past + interval; dueMs < untilMs; dueMs += interval) if (dueMs >= fromMs) tasks.push({ target, dueMs })
  }
  return tasks.sort((a, b) => a.dueMs - b.dueMs)
}
