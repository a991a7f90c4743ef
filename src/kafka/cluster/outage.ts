import { formatDuration } from '../../base/duration.ts'
import { addressText, type Address, type ClientContext } from './context.ts'

/** Shorter ones are a broker's restart at most, and nobody's concern. */
const worthSayingMs = 2000

/** Says once that no broker answers, when that has lasted for a moment, and once that one answers again. */
export class Outage {
  readonly #context: ClientContext
  #sinceMs: number | undefined = undefined
  #said = false

  constructor(context: ClientContext) {
    this.#context = context
  }

  /** None of the brokers could be reached. */
  failed(brokers: readonly Address[]): void {
    const { clock, logger, closing } = this.#context
    const nowMs = clock.monotonicMs()
    this.#sinceMs ??= nowMs
    if (this.#said || closing.aborted || nowMs - this.#sinceMs < worthSayingMs) return
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
