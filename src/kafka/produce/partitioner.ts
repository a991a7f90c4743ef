import type { Random } from '../../base/random.ts'
import { partitionOfKey } from '../../protocol/murmur2.ts'
import type { AppendedRecord } from '../contracts.ts'

/**
 * Chooses the partition of records of one topic, as Java's default partitioner does: by the key's hash, and without a key
 * all to one partition until its batch is sealed, then to another one by chance.
 */
export class Partitioner {
  readonly #count: number
  readonly #random: Random
  #sticky: number

  /** @param count - partitions of the topic, at least 1 */
  constructor(count: number, random: Random) {
    this.#count = count
    this.#random = random
    this.#sticky = random.below(count)
  }

  partition(record: AppendedRecord): number {
    if (record.keyEnd < 0) return this.#sticky
    return partitionOfKey(record.key, record.keyStart, record.keyEnd, this.#count)
  }

  /** A batch of this partition was sealed: records without a key go elsewhere now. */
  sealed(partition: number): void {
    if (partition !== this.#sticky || this.#count === 1) return
    const other = this.#random.below(this.#count - 1)
    this.#sticky = other < partition ? other : other + 1
  }
}
