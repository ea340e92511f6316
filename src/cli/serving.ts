/** What `sluice run` and its two platforms say to each other. */

/** What both platforms need to serve. */
export interface Serving {
  readonly code: string
  readonly host: string
  readonly port: number
  readonly storage: string
}

/** A collector that runs; `stop` resolves when everything it had accepted is safe and nothing is left behind. */
export interface Running {
  readonly url: string
  stop(): Promise<void>
}
