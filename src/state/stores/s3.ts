/**
 * State in an S3 bucket, with nothing beside it: compare-and-swap by conditional writes (`If-None-Match: *`, `If-Match`). The SDK
 * is loaded by the first operation, so a bundle that does not import this module does not carry it.
 */

import type * as Sdk from '@aws-sdk/client-s3'
import {
  guarded, noCounts, positions, StoreError,
  type RawStore, type Store, type StoreEnv, type StoreLimits,
} from '../store.ts'
import { seal, sealBytes, unseal } from './sealed.ts'

export interface S3Options extends StoreEnv {
  readonly bucket: string
  /** Put before every key; several deployments may share a bucket. */
  readonly prefix?: string
  /** Region, endpoint, credentials, ... as the SDK takes them; retries and timeouts have defaults here. */
  readonly client?: Sdk.S3ClientConfig
}

/** How often a writer looks for positions ahead of its clock (FORMAT.md). */
const lookAheadMs = 60_000

/** The store in `bucket`. Needs s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket. */
export function s3Store(options: S3Options): Store {
  const { prefix = '', random } = options
  const counts = noCounts()
  const limits: StoreLimits = {
    maxValueBytes: 64 << 20,
    maxKeyBytes: 1024 - new TextEncoder().encode(prefix).length,
    cheapSmallWrites: false,
    appendOrder: 'clock',
  }
  return guarded(limits, random, rawS3Store(options, prefix, counts), counts)
}

function rawS3Store({ bucket, client: config, now }: S3Options, prefix: string, counts: ReturnType<typeof noCounts>): RawStore {
  let loaded: Promise<{ sdk: typeof Sdk; client: Sdk.S3Client }> | undefined
  const load = () => (loaded ??= import('@aws-sdk/client-s3').then(sdk => ({ sdk, client: new sdk.S3Client({ ...defaults, ...config }) })))
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + key })

  /** The id that stands at `key`, and its version: how a writer learns whether it was the one. */
  const whoWrote = async (key: string): Promise<{ id: string; version: string } | undefined> => {
    counts.reads++
    const { sdk, client } = await load()
    const tail = await known(client.send(new sdk.GetObjectCommand({ ...at(key), Range: `bytes=-${sealBytes}` })))
    if (tail === 'absent' || tail === 'unchanged' || tail === 'conflict') return undefined
    return { id: unseal(await tail.Body!.transformToByteArray()).id, version: tail.ETag! }
  }
  const write = async (key: string, value: Uint8Array, id: string, ifVersion: string | null | undefined) => {
    const { sdk, client } = await load()
    const condition = ifVersion === undefined ? {} : ifVersion === null ? { IfNoneMatch: '*' } : { IfMatch: ifVersion }
    const sent = client.send(new sdk.PutObjectCommand({ ...at(key), Body: seal(value, id), ...condition }))
    const put = await known(sent, repeats => { counts.writes += repeats })
    if (typeof put === 'object') return { version: put.ETag! }
    // A lost race, unless the winner is this very write: its first answer was lost, and the SDK or the caller sent it again.
    const winner = await whoWrote(key)
    return winner?.id === id ? { version: winner.version } : 'conflict' as const
  }

  const position = positions(now)
  /** When each prefix was last searched for positions ahead of the clock. */
  const looked = new Map<string, number>()
  const lookAhead = async (queue: string) => {
    const age = now() - (looked.get(queue) ?? -Infinity)
    if (age >= 0 && age < lookAheadMs) return
    looked.set(queue, now())
    try {
      for (let after: string | undefined = queue + position.next(queue); after !== undefined;) {
        counts.lists++
        const page = await list(queue, after, 1000)
        position.saw(queue, page.entries.at(-1)?.key)
        after = page.next
      }
    } catch (error) {
      looked.delete(queue)
      throw error
    }
  }

  const list: RawStore['list'] = async (under, after, limit) => {
    const { sdk, client } = await load()
    const page = await send(client.send(new sdk.ListObjectsV2Command({
      Bucket: bucket, Prefix: prefix + under, MaxKeys: limit, EncodingType: 'url', ...(after !== undefined && { StartAfter: prefix + after }),
    })))
    // Not every server does what EncodingType asks for; those that do say so.
    const plain = (key: string) => (page.EncodingType === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key)
    const entries = (page.Contents ?? []).map(({ Key, ETag, Size }) => ({
      key: plain(Key!).slice(prefix.length), version: ETag!, size: Math.max(0, (Size ?? 0) - sealBytes),
    }))
    return page.IsTruncated && entries.length > 0 ? { entries, next: entries.at(-1)!.key } : { entries }
  }

  return {
    list,
    async get(key, unless) {
      const { sdk, client } = await load()
      const found = await known(client.send(new sdk.GetObjectCommand({ ...at(key), ...(unless !== undefined && { IfNoneMatch: unless }) })))
      if (found === 'absent' || found === 'conflict') return undefined
      if (found === 'unchanged') return found
      const bytes = await send(found.Body!.transformToByteArray())
      return { value: unseal(bytes).value, version: found.ETag! }
    },
    put: (key, value, ifVersion, id) => write(key, value, id, ifVersion),
    async append(queue, suffix, value, id) {
      await lookAhead(queue)
      const key = queue + position.next(queue) + suffix
      // The key is this writer's own: to write it twice changes nothing.
      return { key, ...await write(key, value, id, undefined) as { version: string } }
    },
    async delete(key, ifVersion) {
      const { sdk, client } = await load()
      const sent = client.send(new sdk.DeleteObjectCommand({ ...at(key), ...(ifVersion !== undefined && { IfMatch: ifVersion }) }))
      const gone = await known(sent, repeats => { counts.deletes += repeats })
      // Servers differ in whether there is a conflict with nothing.
      return gone === 'conflict' && await whoWrote(key) !== undefined ? 'conflict' : 'deleted'
    },
    async deleteAll(keys) {
      const { sdk, client } = await load()
      for (let from = 0; from < keys.length; from += 1000) {
        const objects = keys.slice(from, from + 1000).map(key => ({ Key: prefix + key }))
        if (from > 0) counts.deletes++
        const { Errors: [first] = [] } = await send(client.send(new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } })))
        if (first !== undefined) throw new StoreError(`S3 did not delete "${first.Key}": ${first.Code} ${first.Message}`, { retryable: true })
      }
    },
  }
}

const defaults: Sdk.S3ClientConfig = {
  maxAttempts: 3,
  // Without these the SDK waits for ever, and so would whoever pushed the data.
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  // Not every S3-compatible server knows the newer checksums; records have their own.
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
}

/** What S3's statuses mean to a conditional operation; all else is an error. */
const outcomes: Readonly<Record<number, 'absent' | 'unchanged' | 'conflict'>> = { 304: 'unchanged', 404: 'absent', 409: 'conflict', 412: 'conflict' }

type Outcome = (typeof outcomes)[number]

/** The answer, or the outcome that its status stands for; `repeated` is told how often the SDK sent it again. */
async function known<T extends Sdk.ServiceOutputTypes>(sent: Promise<T>, repeated: (times: number) => void = () => undefined): Promise<T | Outcome> {
  try {
    const answer = await sent
    repeated((answer.$metadata.attempts ?? 1) - 1)
    return answer
  } catch (error) {
    repeated(((error as { $metadata?: { attempts?: number } }).$metadata?.attempts ?? 1) - 1)
    const outcome = (error as { name?: string }).name === 'NoSuchBucket' ? undefined : outcomes[statusOf(error) ?? 0]
    if (outcome !== undefined) return outcome
    throw asStoreError(error)
  }
}

async function send<T>(sent: Promise<T>): Promise<T> {
  try {
    return await sent
  } catch (error) {
    throw asStoreError(error)
  }
}

const statusOf = (error: unknown) => (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode

/** Refusals (credentials, bucket, request) stay refused; everything else may pass. */
function asStoreError(error: unknown): StoreError {
  const status = statusOf(error) ?? 0
  const { name = '', message = '' } = error as Error
  const retryable = status < 400 || status >= 500 || status === 408 || status === 429
  return new StoreError(`S3: ${name}${status === 0 ? '' : ` (${status})`}: ${message}`, { retryable, cause: error })
}
