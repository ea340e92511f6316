/** Node's and Lambda's heap, set for what a collector holds. */

import { setFlagsFromString } from 'node:v8'

/**
 * Batches are large arrays beside a small heap, and they die young. V8 would begin to mark the whole heap every dozen requests, long before
 * it is full, a quarter of all CPU; without that, the young generation's collector is in time to free them. When the heap is full it is
 * marked at once.
 */
export const markWhenFull = (): void => { setFlagsFromString('--no-incremental-marking') }
