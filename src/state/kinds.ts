/**
 * The kinds of state that components declare. What is here is plain data and types: a component that imports it brings no store
 * and no code of a kind into the bundle; `open.ts` turns a key into the thing.
 */

/** A line of batches that survives; see `Queue`. */
export interface QueueKey {
  readonly kind: 'queue'
  readonly name: string
  readonly bounds: QueueBounds
}

/** One value; see `Cell`. */
export interface CellKey {
  readonly kind: 'cell'
  readonly name: string
}

/** Many values that expire; see `Window`. */
export interface WindowKey {
  readonly kind: 'window'
  readonly name: string
}

/** The right to do something alone; see `Lease`. */
export interface LeaseKey {
  readonly kind: 'lease'
  readonly name: string
}

/** What keeps batches from passing a queue by; see `Gate`. */
export interface GateKey {
  readonly kind: 'gate'
  readonly name: string
}

/** What a component puts under `state`. */
export type StateKey = QueueKey | CellKey | WindowKey | LeaseKey | GateKey

/** How much a queue holds before it is full. */
export interface QueueBounds {
  readonly bytes: number
  readonly items?: number
  readonly batches?: number
  /** Of the oldest batch. */
  readonly ageMs?: number
}

/** A queue called `name` within its component; 256 MiB unless bounded otherwise. */
export const queue = ({ name, bounds }: { name: string; bounds?: Partial<QueueBounds> }): QueueKey =>
  ({ kind: 'queue', name, bounds: { bytes: 256 * 1024 * 1024, ...bounds } })

/** A cell called `name` within its component. */
export const cell = ({ name }: { name: string }): CellKey => ({ kind: 'cell', name })

/** A window called `name` within its component. */
export const window = ({ name }: { name: string }): WindowKey => ({ kind: 'window', name })

/** A lease called `name` within its component. */
export const lease = ({ name }: { name: string }): LeaseKey => ({ kind: 'lease', name })

/** A gate called `name` within its component. */
export const gate = ({ name }: { name: string }): GateKey => ({ kind: 'gate', name })

/** What opening a key gives. */
export type StateOf<K extends StateKey> =
  K extends QueueKey ? Queue : K extends CellKey ? Cell : K extends WindowKey ? Window : K extends LeaseKey ? Lease
    : K extends GateKey ? Gate : never

/** What a batch in a queue says of itself. */
export interface BatchInfo {
  /** Spans, data points or log records in it. */
  readonly items: number
  /** Milliseconds since the epoch. */
  readonly acceptedAtMs: number
  /** Whatever its reader needs beside the bytes: content type, tenant, ... */
  readonly meta: Readonly<Record<string, string>>
}

/** A batch on its way into a queue. */
export interface Waiting {
  readonly bytes: Uint8Array
  readonly info: BatchInfo
}

/** A place in a queue: opaque, from `peek`. */
export type Position = string

export interface QueuedBatch extends BatchInfo {
  readonly position: Position
  readonly bytes: Uint8Array
}

/** How much waits; `oldestMs` is when the oldest batch was accepted. */
export interface Depth {
  readonly bytes: number
  readonly items: number
  readonly batches: number
  readonly oldestMs?: number
}

/** Why a queue takes no more. */
export interface Full {
  readonly full: 'bytes' | 'items' | 'batches' | 'age'
  readonly depth: Depth
}

/** A bounded line of batches, many writers, one reader at a time (a lease keeps others away). At least once, in order (FORMAT.md). */
export interface Queue {
  /**
   * Resolves once all batches are durable, in this order: one write (one for each 1.5 MB of them), shared with what is appended
   * meanwhile. A full queue is an answer, and takes none of them.
   */
  append(batches: readonly Waiting[]): Promise<'queued' | Full>
  /** The oldest batches that were not dropped: up to `maxBytes` of them, at least one unless there is none. */
  peek(maxBytes: number): Promise<QueuedBatch[]>
  /** Forgets the batches that this handle's `peek` gave, up to and with `through`: one delete of every segment that is used up. */
  drop(through: Position): Promise<void>
  /** Makes a `drop` in the middle of a segment durable, at the price of a write; without it a crash repeats that segment's batches. */
  settle(): Promise<void>
  /** Forgets what was read: to be called when the right to read (a lease) is new, because others may have read and dropped since. */
  rewind(): void
  /** For people: the batches behind `after`, read without becoming the reader. `next`, where there may be more, is to be passed as `after`. */
  browse(options: { readonly after?: Position; readonly maxBatches: number; readonly maxBytes: number }): Promise<{ batches: QueuedBatch[]; next?: Position }>
  /** Takes out those of these batches that are still there, wherever they stand, and tells how much that was. For who holds the right to read. */
  remove(positions: readonly Position[]): Promise<Omit<Depth, 'oldestMs'>>
  /** Takes out the oldest segments, unread, until `keepBytes` are left and all are as young as `acceptedAfterMs`; tells how much that was. */
  discard(options: { readonly keepBytes?: number; readonly acceptedAfterMs?: number }): Promise<Omit<Depth, 'oldestMs'>>
  /** What waits, as known at most `maxAgeMs` ago (default 10 s; asking anew costs a list per thousand segments). */
  depth(options?: { readonly maxAgeMs?: number }): Promise<Depth>
}

/** A cell's bytes and the version that a swap names. */
export interface CellValue {
  readonly bytes: Uint8Array
  readonly version: string
}

/** One value with compare-and-swap. */
export interface Cell {
  /** The value, or undefined when never written (or damaged beyond reading, which is reported). With `known`, costs no transfer while that is current. */
  read(known?: CellValue): Promise<CellValue | undefined>
  /** Writes over `over` (null: only where nothing is; absent: always). `fence` is a lease's token: a lower one than stands there conflicts. */
  write(bytes: Uint8Array, options?: { readonly over?: CellValue | null; readonly fence?: number }): Promise<CellValue | 'conflict'>
  /** Reads, changes, writes, until no other writer came between; `change` may run more than once, and returns undefined to leave it. */
  update(change: (bytes: Uint8Array | undefined) => Uint8Array | undefined): Promise<CellValue | undefined>
}

export interface WindowEntry extends CellValue {
  readonly key: string
  readonly expiresAtMs: number
}

/** Values by key, each with its time to go. Nothing disappears by itself: whoever ticks takes what is due and removes it. */
export interface Window {
  /** The entry, expired or not; undefined when absent. */
  get(key: string): Promise<WindowEntry | undefined>
  /** Writes an entry; `over` as in `Cell.write`. */
  put(key: string, bytes: Uint8Array, expiresAtMs: number, options?: { readonly over?: CellValue | null }): Promise<WindowEntry | 'conflict'>
  /** Removes the entry if it is still the one given. */
  remove(entry: WindowEntry): Promise<'removed' | 'conflict'>
  /** Entries whose time had come at `nowMs`, in order of key, at most `limit`; reads again only what changed since this handle's last call. */
  due(nowMs: number, limit: number): Promise<WindowEntry[]>
}

/** A lease that is held. */
export interface Held {
  /** Larger than that of every holder before: stores refuse the writes of those who lost it without noticing. */
  readonly token: number
  /** Milliseconds since the epoch, on this holder's clock, after which another may have it. */
  readonly untilMs: number
  /** Holds it for `ttlMs` from now; `lost` when another has it. */
  renew(ttlMs: number): Promise<Held | 'lost'>
  /** Lets the next one in at once; harmless when lost. */
  release(): Promise<void>
}

/** The right to do something alone for a while. */
export interface Lease {
  /** The lease for `ttlMs`, or until when (by its holder's clock) someone else has it. */
  acquire(ttlMs: number): Promise<Held | { readonly takenUntilMs: number }>
}

/** Waits; rejects when the invocation must end. */
export type Sleep = (ms: number) => Promise<void>

/**
 * Decides for all isolates at once whether batches may go straight to a destination or must join its queue, so that none overtakes
 * what waits there. Costs one small read an isolate and 2 s while batches come, and no write but when an outage begins and ends.
 */
export interface Gate {
  /** Whether the batch that this is asked for may pass the queue by. May wait while a queue is handed over, some seconds at most. */
  passable(sleep: Sleep): Promise<boolean>
  /** Shuts the gate, runs `append`, and resolves once no isolate can take the gate for open: so the sender may go on to its next batch. */
  hold(append: () => Promise<'queued' | Full>, sleep: Sleep): Promise<'queued' | Full>
  /** Shuts the gate for good, where everything goes by the queue. */
  shut(): Promise<void>
  /** How the gate stands, read anew; while it is opening, who holds the right to drain looks into the queue once more. */
  state(): Promise<'open' | 'opening' | 'shut'>
  /** Whether the gate is known to be open, read anew. */
  isOpen(): Promise<boolean>
  /** Opens the gate behind a queue that `drained` finds (or makes) empty; false when it stays shut. Only for who holds the right to drain. */
  release(drained: () => Promise<boolean>, sleep: Sleep): Promise<boolean>
}
