/** State in a folder: one file a key, safe against power cuts (fsync, atomic rename) and between processes on the same folder. */

import { mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { compareKeys, guarded, positions, StoreError, writeId, type Listed, type Store, type StoreEnv } from '../store.ts'
import { decodePath, encodeKey, encodePrefix } from './file-names.ts'
import { withoutGaps } from './file-list.ts'
import { folderLock, type FolderLock } from './folder-lock.ts'
import { seal, sealBytes, unseal } from './sealed.ts'

/** A temporary file this old was left by a process that died. */
const abandonedMs = 10 * 60_000

/** What a write found under the lock: the file to replace, unless it lost its race, and the answer. */
interface Replacement<T> { file?: string; result: T }

/** The store in `folder`, which is made when first needed. */
export function fileStore(folder: string, { now, random }: StoreEnv): Store {
  const temporary = path.join(folder, '.tmp')
  const position = positions(now)
  let opened: Promise<FolderLock> | undefined
  const lock = () => (opened ??= openFolder(folder, temporary, writeId(random)).catch((error: unknown) => {
    opened = undefined
    throw error
  }))
  const at = (key: string) => path.join(folder, encodeKey(key))
  /** Whatever is done under the lock: when others have had it meanwhile, what was known of positions is not true any more. */
  const alone = async <T>(work: () => Promise<T>) => (await lock()).hold(undisturbed => {
    if (!undisturbed) position.forget()
    return work()
  })

  /** Writes aside and durably first, so that the lock is held only for the check and the rename. */
  const replace = async <T>(value: Uint8Array, id: string, target: () => Promise<Replacement<T>>) => {
    await lock()
    const aside = path.join(temporary, writeId(random))
    await writeDurably(aside, seal(value, id))
    const { file, result } = await alone(async () => {
      const outcome = await target()
      if (outcome.file !== undefined) {
        await makeFolder(path.dirname(outcome.file))
        await rename(aside, outcome.file)
      }
      return outcome
    })
    await (file === undefined ? unlink(aside) : syncFolder(path.dirname(file)))
    return result
  }

  return guarded({ maxValueBytes: 64 << 20, maxKeyBytes: 900, cheapSmallWrites: true, appendOrder: 'exact' }, random, {
    get: (key, unless) => attempt(`read "${key}"`, async () => {
      const bytes = await absent(readFile(at(key)))
      if (bytes === undefined) return undefined
      const { value, id } = unseal(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))
      return id === unless ? 'unchanged' : { value, version: id }
    }),
    put: (key, value, ifVersion, id) => attempt(`write "${key}"`, () => replace<{ version: string } | 'conflict'>(value, id, async () => {
      const present = (await readTail(at(key)))?.version
      if (present === id) return { result: { version: id } }
      if (ifVersion !== undefined && (present ?? null) !== ifVersion) return { result: 'conflict' }
      return { file: at(key), result: { version: id } }
    })),
    append: (prefix, suffix, value, id) => attempt(`append to "${prefix}"`, () => replace(value, id, async () => {
      if (!position.knows(prefix)) position.saw(prefix, (await keysUnder(folder, prefix)).sort(compareKeys).at(-1))
      const key = prefix + position.next(prefix) + suffix
      return { file: at(key), result: { key, version: id } }
    })),
    delete: (key, ifVersion) => attempt(`delete "${key}"`, () => alone(async () => {
      const present = (await readTail(at(key)))?.version
      if (ifVersion !== undefined && present !== undefined && present !== ifVersion) return 'conflict'
      if (await absent(unlink(at(key)).then(() => true))) await syncFolder(path.dirname(at(key)))
      return 'deleted'
    })),
    deleteAll: keys => attempt(`delete ${keys.length} keys`, () => alone(async () => {
      for (const key of keys) await absent(unlink(at(key)))
      for (const parent of new Set(keys.map(key => path.dirname(at(key))))) await absent(syncFolder(parent))
    })),
    list: (prefix, after, limit) => attempt(`list "${prefix}"`, async () => {
      const keys = (await withoutGaps(() => keysUnder(folder, prefix))).filter(key => after === undefined || compareKeys(key, after) > 0).sort(compareKeys)
      const chosen = keys.slice(0, limit)
      const entries: Listed[] = []
      for (const key of chosen) {
        const tail = await readTail(at(key))
        if (tail !== undefined) entries.push({ key, ...tail })
      }
      return keys.length > limit ? { entries, next: chosen.at(-1)! } : { entries }
    }),
  })
}

async function openFolder(folder: string, temporary: string, id: string): Promise<FolderLock> {
  await makeFolder(temporary)
  for (const name of await readdir(temporary)) {
    const file = path.join(temporary, name)
    const age = await absent(stat(file).then(({ mtimeMs }) => Date.now() - mtimeMs))
    if (age !== undefined && age > abandonedMs) await rm(file, { force: true })
  }
  return folderLock(path.join(folder, '.lock'), id)
}

/** Every key below `prefix`, in no order: only the folders that can hold one are read. */
async function keysUnder(folder: string, prefix: string): Promise<string[]> {
  const from = encodePrefix(prefix)
  const found = await absent(readdir(path.join(folder, from), { recursive: true, withFileTypes: true })) ?? []
  return found
    .filter(entry => entry.isFile() && entry.name.endsWith('='))
    .map(entry => decodePath(path.relative(folder, path.join(entry.parentPath, entry.name))))
    .filter(key => key.startsWith(prefix))
}

/** Version and size of the value in `file`, from its last bytes. */
async function readTail(file: string): Promise<{ version: string; size: number } | undefined> {
  const handle = await absent(open(file, 'r'))
  if (handle === undefined) return undefined
  try {
    const { size } = await handle.stat()
    const tail = new Uint8Array(Math.min(size, sealBytes))
    await handle.read(tail, 0, tail.length, size - tail.length)
    return { version: unseal(tail).id, size: size - tail.length }
  } finally {
    await handle.close()
  }
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx')
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes `folder` and those above it that are missing, each durable in its parent. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  for (let made = path.resolve(folder); made.length >= path.resolve(first).length; made = path.dirname(made)) {
    await syncFolder(path.dirname(made))
  }
}

/** A rename or unlink is durable once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The result, or undefined when the file is not there. */
async function absent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The disk's errors as StoreErrors: a full disk or too many open files passes, a folder that may not be written does not. */
async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StoreError) throw error
    const { code = '', message } = error as NodeJS.ErrnoException
    const retryable = !['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'].includes(code)
    throw new StoreError(`cannot ${what}: ${message}`, { retryable, cause: error })
  }
}
