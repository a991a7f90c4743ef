/**
 * Which partitions are in the open transaction, where brokers add them themselves (the second version of Kafka's transactions).
 *
 * One request at a time adds partitions. A coordinator writes an addition down before it takes the next one; a broker that it sends
 * away meanwhile tries again only after 20 ms (`add.partitions.to.txn.retry.backoff.ms`), and the batch waits with it.
 */
export class Joining {
  readonly #joined = new Set<string>()
  /** Those whose first batch is under way, all in one request. */
  readonly #underWay = new Set<string>()
  /** The broker of that request, while it is being put together. */
  #node: number | undefined = undefined

  /** Whether the partition is in the transaction for certain. */
  has(key: string): boolean {
    return this.#joined.has(key)
  }

  /** Whether the partition's next batch, to broker `node`, can leave now. Those that begin in one go share a request. */
  admits(key: string, node: number): boolean {
    if (this.#joined.has(key) || this.#underWay.has(key)) return true
    if (this.#underWay.size > 0 && this.#node !== node) return false
    this.#underWay.add(key)
    this.#node = node
    queueMicrotask(() => (this.#node = undefined))
    return true
  }

  joined(key: string): void {
    this.#underWay.delete(key)
    this.#joined.add(key)
  }

  /** The partition's batch is lost. */
  failed(key: string): void {
    this.#underWay.delete(key)
  }

  /** A new transaction begins. */
  clear(): void {
    this.#joined.clear()
    this.#underWay.clear()
  }
}
