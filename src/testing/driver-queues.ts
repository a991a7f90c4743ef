import type { RawRecord } from '../process/environment.ts'

interface Waiting {
  readonly raw: RawRecord
  /** When it came. */
  readonly number: number
}

/** Records that wait to be processed, in a queue for each partition of a topic. */
export class DriverQueues {
  readonly #queues = new Map<string, Waiting[]>()
  /** How many ever came. */
  count = 0

  add(raw: RawRecord): void {
    const place = `${raw.topic}-${raw.partition}`
    const queue = this.#queues.get(place)
    const waiting = { raw, number: this.count++ }
    if (queue === undefined) this.#queues.set(place, [waiting])
    else queue.push(waiting)
  }

  /** Takes out the head with the smallest timestamp; of several the one that came first. */
  take(): RawRecord | undefined {
    let best: Waiting[] | undefined
    for (const queue of this.#queues.values()) {
      const [head, first] = [queue[0], best?.[0]]
      if (head !== undefined && (first === undefined || isNext(head, first))) best = queue
    }
    return best?.shift()?.raw
  }

  clear(): void {
    this.#queues.clear()
  }
}

function isNext(one: Waiting, other: Waiting): boolean {
  const { timestampMs } = one.raw
  return (
    timestampMs < other.raw.timestampMs ||
    (timestampMs === other.raw.timestampMs && one.number < other.number)
  )
}
