import { StreamError } from '../../base/errors.ts'
import { partitionKey } from '../../kafka/contracts.ts'
import type { CommittedOffset, TopicPartition } from '../../kafka/contracts.ts'

/**
 * How far a thread, and those before it in its place, know their group to be: offsets that it has heard or committed. A group neither loses offsets nor goes back while it
 * has members. Where it says that it has, going on would process records a second time, and the next commit would make that last.
 */
export class KnownOffsets {
  readonly #offsets = new Map<string, number>()

  note(partition: TopicPartition, offset: number): void {
    const key = partitionKey(partition)
    this.#offsets.set(key, Math.max(offset, this.#offsets.get(key) ?? 0))
  }

  /**
   * Notes what the group says of its partitions.
   *
   * @param without - partitions for which it says that it has no offset
   * @throws StreamError `OFFSET_OUT_OF_RANGE`
   */
  compare(committed: Iterable<CommittedOffset>, without: Iterable<string>): void {
    for (const key of without) if (this.#offsets.has(key)) throw forgotten(key)
    for (const said of committed) {
      const known = this.#offsets.get(partitionKey(said)) ?? 0
      if (said.offset < known) throw wentBack(partitionKey(said), said.offset, known)
      this.note(said, said.offset)
    }
  }
}

const hint =
  "Find out whether the group's offsets were changed or lost, and set them, before you start the application again."

function forgotten(key: string): StreamError {
  return new StreamError('OFFSET_OUT_OF_RANGE', `the group has forgotten how far it is in ${key}`, {
    detail:
      'It had committed an offset there, and says now that it has none. Beginning anew would process records a second time.',
    hint,
  })
}

function wentBack(key: string, said: number, known: number): StreamError {
  return new StreamError('OFFSET_OUT_OF_RANGE', `the group has gone back in ${key}`, {
    detail: `It had committed ${known} there, and says ${said} now. Going on from there would process records a second time.`,
    hint,
  })
}
