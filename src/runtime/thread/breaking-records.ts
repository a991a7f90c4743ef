import { StreamError, type SourceSpan } from '../../base/errors.ts'
import { leftOutHint } from '../../base/left-out-hint.ts'
import { partitionKey, type TopicPartition } from '../../kafka/contracts.ts'
import type { RawRecord } from '../../process/environment.ts'
import type { ApplicationOptions } from '../options.ts'

/** An input record at which an interpreter broke. Plain data: it crosses to worker threads. */
export interface BreakingRecord extends TopicPartition {
  readonly offset: number
  /** In how many lives of the thread. */
  readonly times: number
  readonly message: string
  readonly detail: string | undefined
  readonly span: SourceSpan | undefined
}

/** Records that are kept in mind; of more, the newest. */
const recordsMax = 1000
/** Once may be chance, or what came before. */
const timesMax = 2

/**
 * The input records at which lives of a thread lost their interpreter. One that does it twice would do it for ever: from then on it is a record
 * whose function has failed, and never reaches the function again. A life in a worker of its own tells those that follow by `onNoted`.
 */
export class BreakingRecords {
  readonly #records = new Map<string, BreakingRecord>()
  readonly #onNoted: (record: BreakingRecord) => void

  constructor(known: Iterable<BreakingRecord>, onNoted: (record: BreakingRecord) => void) {
    for (const record of known) this.#records.set(placeKey(record), record)
    this.#onNoted = onNoted
  }

  get all(): readonly BreakingRecord[] {
    return [...this.#records.values()]
  }

  note(record: BreakingRecord): void {
    const key = placeKey(record)
    this.#records.delete(key)
    this.#records.set(key, record)
    const [oldest] = this.#records.keys()
    if (this.#records.size > recordsMax && oldest !== undefined) this.#records.delete(oldest)
    this.#onNoted(record)
  }

  /** What is wrong with a record that failed. Where it is the interpreter, this life cannot go on, and the next is told. */
  judge(raw: RawRecord, error: StreamError, policies: ApplicationOptions['policies']): StreamError {
    if (error.code !== 'INTERPRETER_FAILED') return error
    const { topic, partition, offset } = raw
    const { message, detail, span } = error
    const times = (this.#records.get(placeKey(raw))?.times ?? 0) + 1
    const record: BreakingRecord = { topic, partition, offset, times, message, detail, span }
    this.note(record)
    return isLost(record) && policies.function === 'fail' ? functionFailed(record) : error
  }

  /** The way in for records, closed for those that would break the interpreter again. */
  guard(accept: (raw: RawRecord) => void): (raw: RawRecord) => void {
    const offsets = new Set(this.all.filter(isLost).map(({ offset }) => offset))
    if (offsets.size === 0) return accept
    return (raw) => {
      const record = offsets.has(raw.offset) ? this.#records.get(placeKey(raw)) : undefined
      if (record !== undefined && isLost(record)) throw functionFailed(record)
      accept(raw)
    }
  }
}

/** Whether another try would end as those before. */
export function isLost({ times }: BreakingRecord): boolean {
  return times >= timesMax
}

function placeKey(place: TopicPartition & { readonly offset: number }): string {
  return `${partitionKey(place)}@${place.offset}`
}

function functionFailed({ message, detail, span }: BreakingRecord): StreamError {
  const twice = 'A new interpreter broke at the same record.'
  return new StreamError('FUNCTION_FAILED', message, {
    detail: detail === undefined ? twice : `${detail} ${twice}`,
    hint: `Correct the function, or ${leftOutHint}`,
    ...(span === undefined ? {} : { span }),
  })
}
