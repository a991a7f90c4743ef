/** What clients of a broker that is killed again and again were told, and what they were about to hear. */

export interface WrittenBatch {
  readonly topic: string
  readonly partition: number
  readonly values: readonly string[]
  readonly transaction: LedgerTransaction | undefined
  /** Where it is, once it was acknowledged. */
  baseOffset: number | undefined
}

export interface LedgerTransaction {
  /** Counts on within its transactional id; it is what the transaction commits as the group's offset. */
  readonly number: number
  readonly transactionalId: string
  /** What its end was asked to be; undefined while it is open. */
  asked: 'commit' | 'abort' | undefined
  acknowledged: boolean
}

/** Something that is changed by one client: what it is for sure, and what the change under way would make it. */
export interface Wish<T> {
  acknowledged: T
  asked: T
}

export class Ledger {
  readonly batches: WrittenBatch[] = []
  readonly transactions: LedgerTransaction[] = []
  /** Committed by a group without transactions. */
  readonly offset: Wish<number> = { acknowledged: 0, asked: 0 }
  /** Of the log whose records are deleted. */
  readonly start: Wish<number> = { acknowledged: 0, asked: 0 }
  /** A setting of the topic that comes and goes; undefined where it is gone. */
  readonly passing: Wish<number | undefined> = { acknowledged: undefined, asked: undefined }
  /** The newest value of each key of the compacted topic; null where it was deleted. */
  readonly keys = new Map<string, Wish<string | null>>()
  #values = 0

  /** A value that no other record has. */
  newValue(padding: number): string {
    return `${this.#values++}:${'x'.repeat(padding)}`
  }

  batch(facts: Omit<WrittenBatch, 'baseOffset'>): WrittenBatch {
    const batch = { ...facts, baseOffset: undefined }
    this.batches.push(batch)
    return batch
  }

  transaction(transactionalId: string): LedgerTransaction {
    const before = this.transactions.filter((known) => known.transactionalId === transactionalId)
    const transaction = { number: before.length + 1, transactionalId, asked: undefined, acknowledged: false }
    this.transactions.push(transaction)
    return transaction
  }
}
