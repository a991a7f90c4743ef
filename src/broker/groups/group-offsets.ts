/** One committed offset. */
export interface GroupOffset {
  readonly offset: number
  /** −1 where the client did not say. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly committedAtMs: number
}

export interface GroupOffsetEntry extends GroupOffset {
  readonly topic: string
  readonly partition: number
}

interface Placed {
  readonly entry: GroupOffsetEntry
  /** Later commits have larger numbers, as they would have larger offsets in a log. */
  readonly order: number
}

/**
 * A group's offsets. Those of an open transaction are pending: they show as *unstable* until the transaction's marker for the
 * group lands, which makes them the committed ones or drops them. A plain commit that came after a pending one stays the newer.
 */
export class GroupOffsets {
  readonly #committed = new Map<string, Placed>()
  readonly #pending = new Map<number, Map<string, Placed>>()
  #order = 0

  commit(entry: GroupOffsetEntry): void {
    this.#committed.set(keyOf(entry.topic, entry.partition), { entry, order: this.#order++ })
  }

  /** Takes an offset into a producer's open transaction. */
  stage(producerId: number, entry: GroupOffsetEntry): void {
    const staged = this.#pending.get(producerId) ?? new Map<string, Placed>()
    this.#pending.set(producerId, staged)
    staged.set(keyOf(entry.topic, entry.partition), { entry, order: this.#order++ })
  }

  /** The transaction's marker has landed. */
  settle(producerId: number, outcome: 'commit' | 'abort'): void {
    const staged = this.#pending.get(producerId)
    if (staged === undefined) return
    this.#pending.delete(producerId)
    if (outcome === 'abort') return
    for (const [key, placed] of staged) {
      const known = this.#committed.get(key)
      if (known === undefined || known.order < placed.order) this.#committed.set(key, placed)
    }
  }

  get(topic: string, partition: number): GroupOffset | undefined {
    return this.#committed.get(keyOf(topic, partition))?.entry
  }

  /** Whether a transaction that has not ended yet may change this offset. */
  isPending(topic: string, partition: number): boolean {
    const key = keyOf(topic, partition)
    return this.#pending.values().some((staged) => staged.has(key))
  }

  /** All partitions that have a committed or a pending offset. */
  partitions(): { topic: string; partition: number }[] {
    const found = new Map<string, { topic: string; partition: number }>()
    for (const placed of [this.#committed, ...this.#pending.values()])
      for (const [key, { entry }] of placed)
        found.set(key, { topic: entry.topic, partition: entry.partition })
    return [...found.values()]
  }

  delete(topic: string, partition: number): void {
    const key = keyOf(topic, partition)
    this.#committed.delete(key)
    for (const staged of this.#pending.values()) staged.delete(key)
  }

  get empty(): boolean {
    return this.#committed.size === 0 && this.#pending.size === 0
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}
