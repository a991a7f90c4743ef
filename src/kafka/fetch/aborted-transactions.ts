/**
 * Tells which batches of a fetch response belong to aborted transactions.
 *
 * The broker lists, with each response, every aborted transaction that overlaps the part of the log it sent: producer and
 * first offset, in no order that may be relied on. A producer's batches are aborted from that first offset until its next
 * marker; after the marker the same producer may write a transaction that commits, or one that aborts and is listed
 * again. A transaction that began before the fetched part is listed too, so a response needs nothing of those before it,
 * and must not take over anything: where compaction removed a marker, a producer remembered across responses would have its
 * later, committed records dropped.
 */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export class AbortedTransactions {
  readonly #coming: readonly AbortedTransaction[]
  readonly #aborted = new Set<number>()
  #next = 0

  constructor(listed: readonly AbortedTransaction[]) {
    this.#coming = listed.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Whether a batch of data that ends at `lastOffset` is aborted. To be asked in the order of the log. */
  includes(producerId: number, lastOffset: number): boolean {
    if (this.#coming.length === 0) return false
    this.#advance(lastOffset)
    return this.#aborted.has(producerId)
  }

  /** A producer's transaction ended here, by commit or abort. To be told in the order of the log. */
  ended(producerId: number, offset: number): void {
    this.#advance(offset)
    this.#aborted.delete(producerId)
  }

  #advance(offset: number): void {
    for (let next = this.#coming[this.#next]; next !== undefined && next.firstOffset <= offset;) {
      this.#aborted.add(next.producerId)
      next = this.#coming[++this.#next]
    }
  }
}
