import { asBuffer } from '../../base/as-buffer.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { Serde } from '../../serde/serde.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import type { ForeignKeyAnswerNode } from '../../topology/foreign-key-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Change, type Processor } from '../processor.ts'
import { Answer, request, subscriptionSerde, type Subscription } from './foreign-key-messages.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import type { TableView } from './table-view.ts'

interface AnswerOptions {
  readonly right: TableView
  readonly next: Processor
}

/**
 * The right side of a foreign-key join. It keeps who has subscribed to which row, and answers: whoever asks, at once; all who have asked, when
 * their row changes.
 */
export class ForeignKeyAnswer {
  readonly subscriptions: Processor
  readonly table: Processor

  constructor(node: ForeignKeyAnswerNode, env: ProcessEnvironment, { right, next }: AnswerOptions) {
    const parts: SideParts = {
      kept: new KeptSubscriptions(node, env),
      nullKeys: drops(env, node.id, 'null-key'),
      late: drops(env, node.id, 'late'),
      counters: nodeCounters(env.metrics, node.id),
      out: new StreamRecord(),
      next,
    }
    this.subscriptions = new SubscriptionSide(parts, right)
    this.table = new TableSide(parts)
  }
}

interface SideParts {
  readonly kept: KeptSubscriptions
  readonly nullKeys: Drops
  readonly late: Drops
  readonly counters: NodeCounters
  readonly out: StreamRecord
  readonly next: Processor
}

class SubscriptionSide implements Processor {
  readonly #parts: SideParts
  readonly #right: TableView

  constructor(parts: SideParts, right: TableView) {
    this.#parts = parts
    this.#right = right
  }

  process(record: StreamRecord): void {
    const { kept, counters, nullKeys } = this.#parts
    counters.recordsIn.value++
    const { key: foreignKey } = record
    const subscription = record.value as Subscription
    const what = subscription.request
    if (foreignKey !== null) kept.note(foreignKey, subscription, record.timestampMs)
    else if (what !== request.answerAlways) {
      nullKeys.count()
      return
    }
    if (what === request.cancel) return
    const row = foreignKey === null ? undefined : this.#right.find(foreignKey)
    if (row === undefined && what === request.answerIfFound) return
    const timestampMs = Math.max(record.timestampMs, row?.timestampMs ?? 0)
    const value = what === request.cancelAndAnswer ? null : (row?.value ?? null)
    answer(this.#parts, subscription, { value, timestampMs, headers: record.headers })
  }
}

/** The right table's changes. */
class TableSide implements Processor {
  readonly #parts: SideParts

  constructor(parts: SideParts) {
    this.#parts = parts
  }

  process(record: StreamRecord): void {
    const { kept, counters, nullKeys, late } = this.#parts
    counters.recordsIn.value++
    const { key, timestampMs, headers } = record
    if (key === null) {
      nullKeys.count()
      return
    }
    const { newValue: value, isLatest } = record.value as Change
    if (!isLatest) {
      late.count()
      return
    }
    for (const subscription of kept.of(key))
      answer(this.#parts, subscription, { value, timestampMs, headers })
  }
}

function answer(
  { out, next, counters }: SideParts,
  subscription: Subscription,
  { value, timestampMs, headers }: Pick<StreamRecord, 'value' | 'timestampMs' | 'headers'>,
): void {
  out.key = subscription.key
  out.value = new Answer(subscription, value)
  out.timestampMs = timestampMs
  out.headers = headers
  counters.recordsOut.value++
  next.process(out)
}

/**
 * Model. A store key is the length of the foreign key (4 bytes), the foreign key and the left key; a value is the subscription, in the bytes of
 * its topic. The subscriptions to one row lie together.
 */
class KeptSubscriptions {
  readonly #store: KeyValueStore
  readonly #foreignKeys: Serde
  readonly #keys: Serde
  readonly #subscriptions: Serde
  readonly #writer = new ByteWriter()

  constructor(node: ForeignKeyAnswerNode, env: ProcessEnvironment) {
    this.#store = env.store(node.store)
    this.#foreignKeys = env.serde(node.foreignKey, env.topics.internal(node.store), 'key')
    this.#keys = env.serde(node.key, env.topics.internal(node.id), 'key')
    this.#subscriptions = subscriptionSerde(this.#keys)
  }

  /** Keeps a subscription, or forgets it, as it asks for. */
  note(foreignKey: unknown, subscription: Subscription, timestampMs: number): void {
    const writer = this.#writer
    this.#writePrefix(foreignKey)
    this.#keys.encode(subscription.key, writer, undefined)
    const key = writer.copy()
    if (subscription.request === request.cancel || subscription.request === request.cancelAndAnswer) {
      this.#store.delete(key, timestampMs)
      return
    }
    writer.reset()
    this.#subscriptions.encode(subscription, writer, undefined)
    this.#store.put(key, writer.copy(), timestampMs)
  }

  /** The subscriptions to a row, by left key. Nothing may be noted meanwhile. */
  *of(foreignKey: unknown): Iterable<Subscription> {
    this.#writePrefix(foreignKey)
    const prefix = this.#writer.copy()
    for (const [key, value] of this.#store.range(prefix, after(prefix))) {
      if (!startsWith(key as Uint8Array, prefix)) return
      const bytes = asBuffer(value)
      yield this.#subscriptions.decode(bytes, 0, bytes.length, undefined) as Subscription
    }
  }

  #writePrefix(foreignKey: unknown): void {
    const writer = this.#writer
    writer.reset()
    writer.writeInt32(0)
    this.#foreignKeys.encode(foreignKey, writer, undefined)
    writer.buffer.writeInt32BE(writer.length - 4, 0)
  }
}

/** What comes right behind all that begins with it: the last byte that is not 255, and one more. Lengths do not fill their four bytes. */
function after(prefix: Buffer): Buffer {
  let length = prefix.length
  while (prefix[length - 1] === 0xff) length--
  const next = Buffer.from(prefix.subarray(0, length))
  next[length - 1] = (next[length - 1] ?? 0) + 1
  return next
}

function startsWith(bytes: Uint8Array, prefix: Buffer): boolean {
  return (
    bytes.length >= prefix.length && asBuffer(bytes).compare(prefix, 0, prefix.length, 0, prefix.length) === 0
  )
}
