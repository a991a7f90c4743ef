import { sleep, type Clock } from '../../base/clock.ts'
import { toStreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { StorePlace } from '../../store/contracts.ts'
import type { ProcessEngines } from '../../store/state-engines.ts'

const lookEveryMs = 60_000

interface CleanerParts {
  readonly engines: ProcessEngines
  readonly clock: Clock
  readonly logger: Logger
  /** How long a store may be without its task before it goes: one that comes back sooner reads on from there. */
  readonly delayMs: number
  /** Its number among the users of the engines: behind those of the threads. */
  readonly owner: number
  /** Whether all tasks run. While they do not, a store may be waiting for its own to start. */
  readonly isRunning: () => boolean
}

/** Deletes from this disk what is left of tasks that other processes have, or that the definition does not have any more. */
export class StateCleaner {
  readonly #parts: CleanerParts
  /** Since when stores that no thread has open have been seen to be so. */
  #idleSinceMs = new Map<string, number>()

  constructor(parts: CleanerParts) {
    this.#parts = parts
  }

  /** Until it is told to stop. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, delayMs, isRunning } = this.#parts
    const everyMs = Math.min(lookEveryMs, delayMs)
    for (;;) {
      await sleep(clock, everyMs, signal)
      if (signal.aborted) return
      if (isRunning()) this.#look()
      else this.#idleSinceMs.clear()
    }
  }

  #look(): void {
    const { engines, clock, delayMs } = this.#parts
    const nowMs = clock.monotonicMs()
    const idle = new Map<string, number>()
    for (const place of engines.places()) {
      if (engines.isOpen(place)) continue
      const name = `${place.task} ${place.store}`
      const sinceMs = this.#idleSinceMs.get(name) ?? nowMs
      if (nowMs - sinceMs < delayMs || !this.#drop(place, nowMs - sinceMs)) idle.set(name, sinceMs)
    }
    this.#idleSinceMs = idle
  }

  /** @returns whether it is gone, or has a task again */
  #drop(place: StorePlace, idleMs: number): boolean {
    const { engines, owner, logger } = this.#parts
    try {
      if (engines.dropUnused(place, owner))
        logger.info('a store is deleted here: its task has been elsewhere for long', { ...place, idleMs })
      return true
    } catch (thrown) {
      const { code, message } = toStreamError(thrown)
      logger.warn('a store without a task could not be deleted', { ...place, code, error: message })
      return false
    }
  }
}
