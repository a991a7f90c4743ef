import type { Clock } from '../../base/clock.ts'
import { formatDuration } from '../../base/duration.ts'
import { StreamError } from '../../base/errors.ts'

/** So many transactions in a row may be too slow before they are made smaller: a cluster may have had a bad minute. */
const slowMax = 3
/**
 * So many in a row end the application where the last could not be made smaller. Fewer may be the cluster's fault: a replica that died
 * holds up acknowledgements for `replica.lag.time.max.ms`, half a minute by default.
 */
const hopelessMax = 15
/** What is too slow is made smaller by this: each trial costs a whole timeout. */
const shrinking = 4
/** After so many in time they may be larger again, by {@link growing}. */
const calm = 20
const growing = 2

/** What one transaction has taken in. */
interface Taken {
  records: number
  sinceMs: number
}

/**
 * How many records a transaction takes in: as many as there are, until transactions are not flushed within their timeout. Then the
 * coordinator has aborted them, and done again as they were they would be too slow again: fewer records each time, until they are
 * in time; and slowly back.
 */
export class TransactionSize {
  readonly #timeoutMs: number
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #limit = Number.POSITIVE_INFINITY
  /** What the first had that was made smaller: from there on nothing is limited. */
  #whole = 0
  #slow = 0
  #inTime = 0
  #open: Taken
  /** The one whose end is under way: what is taken in meanwhile is the next one's. */
  #ending: Taken | undefined = undefined

  constructor(timeoutMs: number, clock: Pick<Clock, 'monotonicMs'>) {
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.#open = this.#nothing()
  }

  /** How many records the open transaction may still take in, and `max` at most. */
  room(max: number): number {
    return Math.min(max, this.#limit - this.#open.records)
  }

  get full(): boolean {
    return this.#open.records >= this.#limit
  }

  took(records: number): void {
    if (this.#open.records === 0) this.#open.sinceMs = this.#clock.monotonicMs()
    this.#open.records += records
  }

  /** The open transaction is about to end; the next one is open. */
  ends(): void {
    this.#ending = this.#open
    this.#open = this.#nothing()
  }

  /** It has ended, in time. Only now anything of the next one is sent. */
  ended(): void {
    this.#ending = undefined
    this.#open.sinceMs = this.#clock.monotonicMs()
    this.#slow = 0
    this.#inTime += 1
    if (this.#inTime < calm) return
    this.#inTime = 0
    this.#limit *= growing
    if (this.#limit >= this.#whole) this.#limit = Number.POSITIVE_INFINITY
  }

  /** Forgets what is open: its records are taken in again. */
  dropped(): void {
    this.#ending = undefined
    this.#open = this.#nothing()
  }

  /**
   * The coordinator aborted the transaction: was it for its time? Called before {@link TransactionSize.dropped}.
   *
   * @throws StreamError `TRANSACTION_TOO_SLOW` where it cannot be made smaller, and was not in time for long
   */
  aborted(): void {
    const { records, sinceMs } = this.#ending ?? this.#open
    if (this.#clock.monotonicMs() - sinceMs < this.#timeoutMs) return
    this.#slow += 1
    this.#inTime = 0
    const limited = Number.isFinite(this.#limit)
    if (this.#slow < slowMax && !limited) return
    if (records <= 1 && this.#slow >= hopelessMax) throw tooSlow(records, this.#timeoutMs)
    if (!limited) this.#whole = records
    this.#limit = Math.max(1, Math.floor(records / shrinking))
  }

  /** For the log; undefined where nothing is limited. */
  get limit(): number | undefined {
    return Number.isFinite(this.#limit) ? this.#limit : undefined
  }

  #nothing(): Taken {
    return { records: 0, sinceMs: this.#clock.monotonicMs() }
  }
}

function tooSlow(records: number, timeoutMs: number): StreamError {
  const what = records === 1 ? 'a transaction of one record' : 'a transaction without records'
  return new StreamError(
    'TRANSACTION_TOO_SLOW',
    `${what} could not be flushed within ${formatDuration(timeoutMs)}`,
    {
      detail:
        'The cluster took longer to accept what it writes than a transaction may last, several times in a row, however few records it had.',
      hint: 'Set transaction.timeout.ms higher, let requests hold more (batch.size, max.request.size), or find out why the cluster is slow.',
    },
  )
}
