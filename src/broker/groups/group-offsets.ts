import type { StateEntry, StateKeeper } from '../log/state-log.ts'
import { partitionKey, type PartitionName } from '../topics/partition-name.ts'

/** One committed offset. */
export interface GroupOffset {
  readonly offset: number
  /** −1 where the client did not say. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly committedAtMs: number
}

export interface GroupOffsetEntry extends GroupOffset, PartitionName {}

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
  readonly #groupId: string
  readonly #state: StateKeeper
  readonly #committed = new Map<string, Placed>()
  readonly #pending = new Map<number, Map<string, Placed>>()
  #order = 0
  #committedAtMs = -1

  constructor(groupId: string, state: StateKeeper) {
    this.#groupId = groupId
    this.#state = state
  }

  commit(entry: GroupOffsetEntry): void {
    const placed = { entry, order: this.#order++ }
    this.#state.put([this.#committedEntry(placed)])
    this.#keep(placed)
  }

  /** Takes an offset into a producer's open transaction. */
  stage(producerId: number, entry: GroupOffsetEntry): void {
    const placed = { entry, order: this.#order++ }
    this.#state.put([{ key: this.#pendingKey(producerId, entry), value: placed }])
    this.#stage(producerId, placed)
  }

  /** The transaction's marker has landed. */
  settle(producerId: number, outcome: 'commit' | 'abort'): void {
    const staged = this.#pending.get(producerId)
    if (staged === undefined) return
    const newer = [...staged].filter(
      ([key, { order }]) => outcome === 'commit' && order > (this.#committed.get(key)?.order ?? -1),
    )
    this.#state.put([
      ...newer.map(([, placed]) => this.#committedEntry(placed)),
      ...staged.values().map(({ entry }) => ({ key: this.#pendingKey(producerId, entry), value: undefined })),
    ])
    this.#pending.delete(producerId)
    for (const [, placed] of newer) this.#keep(placed)
  }

  get(topic: string, partition: number): GroupOffset | undefined {
    return this.#committed.get(partitionKey({ topic, partition }))?.entry
  }

  /** Whether a transaction that has not ended yet may change this offset. */
  isPending(topic: string, partition: number): boolean {
    const key = partitionKey({ topic, partition })
    return this.#pending.values().some((staged) => staged.has(key))
  }

  /** All partitions that have a committed offset. */
  committed(): GroupOffsetEntry[] {
    return [...this.#committed.values()].map(({ entry }) => entry)
  }

  /** All partitions that have a committed or a pending offset. */
  partitions(): PartitionName[] {
    const found = new Map<string, PartitionName>()
    for (const placed of [this.#committed, ...this.#pending.values()])
      for (const [key, { entry }] of placed)
        found.set(key, { topic: entry.topic, partition: entry.partition })
    return [...found.values()]
  }

  delete(topic: string, partition: number): void {
    const place = { topic, partition }
    const key = partitionKey({ topic, partition })
    const forgotten = [
      ...(this.#committed.has(key) ? [this.#committedKey(place)] : []),
      ...[...this.#pending]
        .filter(([, staged]) => staged.has(key))
        .map(([producerId]) => this.#pendingKey(producerId, place)),
    ]
    if (forgotten.length > 0) this.#state.put(forgotten.map((gone) => ({ key: gone, value: undefined })))
    this.#committed.delete(key)
    for (const staged of this.#pending.values()) staged.delete(key)
  }

  /** The group is no more. */
  deleteAll(): void {
    for (const { topic, partition } of this.partitions()) this.delete(topic, partition)
  }

  /** Takes back what was written down before a restart. */
  recover({ key, value }: StateEntry): void {
    const placed = value as Placed
    this.#order = Math.max(this.#order, placed.order + 1)
    if (key[0] === 'offset') this.#keep(placed)
    else this.#stage(Number(key[2]), placed)
  }

  /** Whether a transaction that has not ended yet may change an offset. */
  get hasPending(): boolean {
    return this.#pending.size > 0
  }

  /** Of the last commit; −1 where there was none. */
  get committedAtMs(): number {
    return this.#committedAtMs
  }

  #keep(placed: Placed): void {
    const { entry } = placed
    this.#committed.set(partitionKey(entry), placed)
    this.#committedAtMs = Math.max(this.#committedAtMs, entry.committedAtMs)
  }

  #stage(producerId: number, placed: Placed): void {
    const staged = this.#pending.get(producerId) ?? new Map<string, Placed>()
    this.#pending.set(producerId, staged)
    staged.set(partitionKey(placed.entry), placed)
  }

  #committedEntry(placed: Placed): StateEntry {
    return { key: this.#committedKey(placed.entry), value: placed }
  }

  #committedKey({ topic, partition }: PartitionName): StateEntry['key'] {
    return ['offset', this.#groupId, topic, partition]
  }

  #pendingKey(producerId: number, { topic, partition }: PartitionName): StateEntry['key'] {
    return ['pending-offset', this.#groupId, producerId, topic, partition]
  }
}
