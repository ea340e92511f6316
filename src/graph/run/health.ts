/** What the graph knows of itself: each node's health, what passed through it, and the last errors. One isolate's view. */

/** How a node is doing. `waiting` means that a value it needs (a file, a remote) has not been read yet. */
export interface Health {
  readonly state: 'healthy' | 'unhealthy' | 'waiting'
  readonly message: string
  readonly sinceMs: number
}

/** Items that a node's consumers took, by outcome. */
export interface Throughput {
  accepted: number
  refused: number
}

export interface Failure {
  readonly atMs: number
  readonly id: string
  readonly message: string
  /** How many times in a row. */
  count: number
}

/** The last failures, newest first, with repetitions counted instead of listed. */
export class FailureLog {
  readonly #kept: Failure[] = []
  readonly #limit: number

  constructor(limit = 20) { this.#limit = limit }

  add(atMs: number, id: string, message: string): void {
    const same = this.#kept.findIndex(failure => failure.id === id && failure.message === message)
    const count = same < 0 ? 1 : this.#kept.splice(same, 1)[0]!.count + 1
    this.#kept.unshift({ atMs, id, message, count })
    this.#kept.splice(this.#limit)
  }

  list(): readonly Failure[] { return this.#kept }
}
