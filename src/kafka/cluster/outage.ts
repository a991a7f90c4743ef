import type { Timer } from '../../base/clock.ts'
import { formatDuration } from '../../base/duration.ts'
import { addressText, type Address, type ClientContext } from './context.ts'

/** Shorter ones are a broker's restart at most, and nobody's concern. */
const worthSayingMs = 2000
/** Whoever has just started a command looks at it. */
const firstContactMs = 1000

/** Says once that no broker answers, when that has lasted for a moment, and once that one answers again. */
export class Outage {
  readonly #context: ClientContext
  #sinceMs: number | undefined = undefined
  #said = false

  constructor(context: ClientContext) {
    this.#context = context
  }

  /** The first contact begins; whether it is refused or hears nothing, it is said. Gives back how to end the wait. */
  waiting(brokers: readonly Address[]): Timer {
    const { clock } = this.#context
    this.#sinceMs ??= clock.monotonicMs()
    return clock.setTimer(firstContactMs, () => this.#say(brokers))
  }

  /** None of the brokers could be reached. */
  failed(brokers: readonly Address[]): void {
    const nowMs = this.#context.clock.monotonicMs()
    this.#sinceMs ??= nowMs
    if (nowMs - this.#sinceMs >= worthSayingMs) this.#say(brokers)
  }

  #say(brokers: readonly Address[]): void {
    const { logger, closing } = this.#context
    if (this.#said || closing.aborted) return
    this.#said = true
    logger.warn('no broker answers, trying again', { brokers: brokers.map(addressText).join(', ') })
  }

  over(): void {
    const { clock, logger } = this.#context
    if (this.#said && this.#sinceMs !== undefined)
      logger.warn('a broker answers again', {
        after: formatDuration(secondsOf(clock.monotonicMs() - this.#sinceMs)),
      })
    this.#sinceMs = undefined
    this.#said = false
  }
}

/** Whole seconds, in ms. */
function secondsOf(ms: number): number {
  return Math.max(1, Math.round(ms / 1000)) * 1000
}
