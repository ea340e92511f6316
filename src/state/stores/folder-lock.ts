/**
 * One holder at a time for a folder, among processes, without a lock service: Node has no `flock`.
 *
 * The lock is a growing number. `<n>` in the lock folder is held by the process that the file names, `<n>.free` is released.
 * To take it: when the highest is free (or its holder is dead), link one's own name to `n + 1`, which only one can.
 * The highest number is never removed, so whoever acted on an old look at the folder finds a higher one on the second look and
 * steps back. The bet: one `readdir` of so few names is atomic (one getdents call, as on ext4, xfs, tmpfs and overlayfs).
 */

import { link, mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreError } from '../store.ts'

export interface FolderLock {
  /** Runs `work` alone; `undisturbed` tells whether nobody else has held the lock since this one last did. */
  hold<T>(work: (undisturbed: boolean) => Promise<T>): Promise<T>
}

/** Who holds it: a process is one pid of one host that began at one time (a restarted container gets the same pid again). */
interface Holder { host: string; pid: number; began: number; id: string }

/** A holder that cannot be asked whether it lives (another host, a pid that may be reused) loses the lock after this. */
const presumedDeadMs = 30_000
const patienceMs = 60_000

/** The lock in `folder`, which is made; `id` tells this holder from all others. */
export async function folderLock(folder: string, id: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true })
  const me: Holder = { host: hostname(), pid: process.pid, began: performance.timeOrigin, id }
  const card = path.join(folder, `card-${id}`)
  await sweep(folder, me)
  await writeFile(card, JSON.stringify(me))
  const at = (n: number, free = false) => path.join(folder, String(n) + (free ? '.free' : ''))
  let mine = -1

  const look = async () => (await readdir(folder))
    .map(name => /^(\d+)(\.free)?$/.exec(name))
    .filter(match => match !== null)
    .map(match => ({ n: Number(match[1]), free: match[2] !== undefined }))
    .sort((a, b) => b.n - a.n)

  /** One try: the number taken, or undefined when another has it. */
  const take = async (): Promise<number | undefined> => {
    const top = (await look())[0] ?? { n: 0, free: true }
    if (!top.free && await alive(at(top.n), me)) return undefined
    const n = top.n + 1
    if (!await linked(card, at(n))) return undefined
    const others = (await look()).filter(other => other.n !== n || other.free)
    if (others.some(other => other.n >= n)) {
      await unlinkQuietly(at(n))
      return undefined
    }
    for (const old of others) await unlinkQuietly(at(old.n, old.free))
    return n
  }

  const holdOnce = async <T>(work: (undisturbed: boolean) => Promise<T>): Promise<T> => {
    const started = performance.now()
    let n = await take()
    for (; n === undefined; n = await take()) {
      if (performance.now() - started > patienceMs) {
        throw new StoreError(`the lock ${folder} was held by another process for ${patienceMs / 1000} s`, { retryable: true })
      }
      await sleep(2)
    }
    const undisturbed = n === mine + 1
    mine = n
    try {
      return await work(undisturbed)
    } finally {
      // What was done under the lock stays done when the disk does not let it be released: the next try finds its own number.
      await rename(at(n), at(n, true)).catch(() => undefined)
    }
  }

  // Within this holder, one after the other.
  let tail: Promise<unknown> = Promise.resolve()
  return {
    hold: work => {
      const turn = tail.then(() => holdOnce(work))
      tail = turn.catch(() => undefined)
      return turn
    },
  }
}

/** Removes the cards of processes that ended. */
async function sweep(folder: string, me: Holder): Promise<void> {
  for (const name of await readdir(folder)) {
    const card = path.join(folder, name)
    if (name.startsWith('card-') && !await alive(card, me)) await unlinkQuietly(card)
  }
}

async function alive(file: string, me: Holder): Promise<boolean> {
  let holder: Holder
  let age: number
  try {
    holder = JSON.parse(await readFile(file, 'utf8')) as Holder
    age = Date.now() - (await stat(file)).ctimeMs
  } catch {
    return true // released meanwhile: look again
  }
  // Only who holds nothing asks: the disk failed when this number was taken or released.
  if (holder.id === me.id) return false
  if (holder.host !== me.host) return age < presumedDeadMs
  if (holder.pid === me.pid) return holder.began === me.began
  return running(holder.pid) && age < presumedDeadMs
}

function running(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const unlinkQuietly = (file: string) => unlink(file).catch(() => undefined)
