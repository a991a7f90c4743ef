import { deferred, type Deferred } from '../../base/deferred.ts'
import type { Clock } from '../../base/clock.ts'
import type { FetchedPartition } from '../contracts.ts'
import type { FetchPosition, Waiting } from './fetch-position.ts'

interface Failure {
  readonly error: Error
  readonly position: FetchPosition | undefined
}

/**
 * What has arrived and was not taken yet, in the order of arrival. Bounded by who fills it: see
 * `waitingPerPartitionMax` and the fetcher's bytes.
 */
export class FetchBuffer {
  readonly #clock: Clock
  #waiting: Waiting[] = []
  #failures: Failure[] = []
  #waiter: Deferred<void> | undefined
  #bytes = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get bytes(): number {
    return this.#bytes
  }

  push(position: FetchPosition, bytes: number, fetched: FetchedPartition): void {
    position.waitingCount++
    this.#bytes += bytes
    this.#waiting.push({ position, era: position.era, bytes, fetched })
    if (!position.paused) this.wake()
  }

  /** Keeps a failure for the next {@link FetchBuffer.take}. @param position - whose it is; absent: nobody's alone */
  fail(error: Error, position?: FetchPosition): void {
    this.#failures.push({ error, position })
    this.wake()
  }

  /** The oldest part of a partition that is not paused. @throws a failure that was kept, once */
  take(): FetchedPartition | undefined {
    const failure = this.#failures.shift()
    if (failure !== undefined) throw failure.error
    const index = this.#waiting.findIndex(({ position }) => !position.paused)
    const taken = this.#waiting[index]
    if (taken === undefined) return undefined
    this.#waiting.splice(index, 1)
    taken.position.waitingCount--
    this.#bytes -= taken.bytes
    return taken.fetched
  }

  /** Forgets what waits of a partition, its failure too: it was sought or given up. */
  drop(position: FetchPosition): void {
    this.#failures = this.#failures.filter((failure) => failure.position !== position)
    const kept = this.#waiting.filter((waiting) => waiting.position !== position)
    if (kept.length === this.#waiting.length) return
    this.#waiting = kept
    this.#bytes = kept.reduce((sum, { bytes }) => sum + bytes, 0)
    position.waitingCount = 0
  }

  wake(): void {
    this.#waiter?.resolve()
    this.#waiter = undefined
  }

  /** Resolves when there is something to take, or after `maxWaitMs`. */
  async ready(maxWaitMs: number): Promise<void> {
    if (this.#failures.length > 0 || this.#waiting.some(({ position }) => !position.paused)) return
    this.#waiter ??= deferred()
    const waiter = this.#waiter
    const timer = this.#clock.setTimer(maxWaitMs, () => {
      if (this.#waiter === waiter) this.wake()
      else waiter.resolve()
    })
    await waiter.promise
    timer.cancel()
  }
}
