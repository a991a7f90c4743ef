import { sleep, type Clock } from '../base/clock.ts'
import { StreamError, toStreamError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'

const backoffMs = 100
const backoffMaxMs = 10_000

export interface SchemaWaitsParts {
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The questions to registries that a thread's processing waits for. Formats are synchronous: what is not here is asked for here, and until the
 * answer has come the thread processes nothing. A registry that does not answer is asked again, for as long as it takes, and the
 * log says so; one that says no has answered.
 */
export class SchemaWaits {
  readonly #parts: SchemaWaitsParts
  readonly #pending = new Set<string>()
  #failure: StreamError | undefined
  #closed = false

  constructor(parts: SchemaWaitsParts) {
    this.#parts = parts
  }

  /** Whether a question has no answer yet. */
  get waiting(): boolean {
    return this.#pending.size > 0
  }

  /** @throws StreamError the answer to a question on which everything depends, where it was no */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /**
   * Asks, unless the same question is being asked.
   *
   * @param what - what is asked, for the log; equal texts are one question
   * @param ask - resolves when the answer is where whoever needs it finds it
   */
  begin(what: string, ask: () => Promise<unknown>): void {
    if (this.#pending.has(what) || this.#closed) return
    this.#pending.add(what)
    void this.#untilAnswered(what, ask)
  }

  close(): void {
    this.#closed = true
  }

  async #untilAnswered(what: string, ask: () => Promise<unknown>): Promise<void> {
    const { clock, logger } = this.#parts
    for (let waitMs = backoffMs; !this.#closed; waitMs = Math.min(2 * waitMs, backoffMaxMs)) {
      const error = await ask().then(
        () => undefined,
        (thrown: unknown) => toStreamError(thrown),
      )
      if (error === undefined || error.retry === 'never') {
        this.#failure ??= error
        break
      }
      logger.warn('a schema registry does not answer, trying again', {
        what,
        code: error.code,
        error: error.message,
        detail: error.detail,
        afterMs: waitMs,
      })
      await sleep(clock, waitMs)
    }
    this.#pending.delete(what)
  }
}

/** For who asks early: whoever then needs what the registry does not have is told so. */
export function leaveMissing(error: unknown): void {
  if (!(error instanceof StreamError) || error.code !== 'SCHEMA_NOT_FOUND') throw error
}

/** For who decodes or encodes without having waited. */
export function notHere(what: string): StreamError {
  return new StreamError('SCHEMA_NOT_HERE', `${what} is on its way from the registry`)
}
