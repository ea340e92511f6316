// Loaded into every process that a chaos run starts (`node --import`), before the artefact: its clock is wrong, and its disk fails, as
// SLUICE_CHAOS says: {"startMs", "storage" (a folder, or ""), "seed", "clock": [{atMs, offsetMs}], "store": [{fromMs, toMs, fault, share}]}.

import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const { startMs, storage, seed, clock, store } = JSON.parse(process.env.SLUICE_CHAOS ?? '{"clock":[],"store":[]}')
const realNow = Date.now
const realTimeout = setTimeout

/** How wrong the clock was at the real time `at`. */
const offsetAt = at => clock.findLast(jump => startMs + jump.atMs <= at)?.offsetMs ?? 0
Date.now = () => realNow() + offsetAt(realNow())

let state = (seed ^ Math.imul(process.pid, 0x9e3779b1)) >>> 0
/** The order of a process's operations is chance itself, so more than their shares cannot be repeated from a seed. */
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 0x1_0000_0000
}

const failure = what => Object.assign(new Error(`EIO: chaos, ${what}`), { code: 'EIO' })
const wait = ms => new Promise(resolve => { realTimeout(resolve, ms) })

/** Runs `work`, unless the disk's present phase has other plans for it. */
async function troubled(what, work) {
  const ms = realNow() - startMs
  const phase = store.find(({ fromMs, toMs }) => ms >= fromMs && ms < toMs)
  if (phase === undefined || random() >= phase.share) return work()
  const fault = phase.fault === 'mixed' ? ['fail', 'lost', 'slow'][Math.floor(random() * 3)] : phase.fault
  if (fault === 'fail') throw failure(what)
  if (fault === 'slow') await wait(random() ** 3 * 4_000)
  const result = await work()
  if (fault !== 'lost') return result
  // A handle that nobody gets would never be closed.
  await result?.close?.()
  throw failure(`${what}, after it took effect`)
}

if (storage) {
  const inside = name => String(name).startsWith(storage)
  for (const name of ['open', 'readFile', 'readdir', 'rename', 'unlink', 'link', 'mkdir']) {
    const real = fs[name]
    fs[name] = (...args) => (inside(args[0]) ? troubled(name, () => real.apply(fs, args)) : real.apply(fs, args))
  }
  // What the kernel says of times is as wrong as the clock was then.
  const realStat = fs.stat
  fs.stat = async (...args) => {
    const found = await realStat.apply(fs, args)
    for (const name of ['ctimeMs', 'mtimeMs']) found[name] += offsetAt(found[name])
    return found
  }
  syncBuiltinESMExports()
}
