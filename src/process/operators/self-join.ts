import type { WindowStore } from '../../store/contracts.ts'
import type { SelfJoinNode } from '../../topology/stream-join-nodes.ts'
import type { EventTime, ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor } from '../processor.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import { UserFunction } from './user-function.ts'

/**
 * Joins a stream with itself out of one store, and gives what an inner join of two equal streams would: a record as the left one with those
 * that it finds, then as the right one, and among these, by time, with itself.
 */
export class SelfJoin implements Processor {
  readonly #store: WindowStore
  readonly #beforeMs: number
  readonly #afterMs: number
  readonly #joiner: UserFunction
  readonly #givesKey: boolean
  readonly #next: Processor
  readonly #dropped: Drops
  readonly #counters: NodeCounters
  /** The largest time of a record that was joined. */
  readonly #time: EventTime
  readonly #out = new StreamRecord()
  #record = new StreamRecord()
  #joinedWithSelf = false

  constructor(node: SelfJoinNode, env: ProcessEnvironment, next: Processor) {
    this.#store = env.windowStore(node.store)
    this.#beforeMs = node.beforeMs
    this.#afterMs = node.afterMs
    this.#joiner = new UserFunction(node.joiner, node.id, env)
    this.#givesKey = node.givesKey
    this.#next = next
    this.#dropped = drops(env, node.id, 'null-key-or-value')
    this.#counters = nodeCounters(env.metrics, node.id)
    this.#time = env.eventTime(node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { key, value, timestampMs } = record
    if (key === null || value === null) this.#dropped.count()
    else this.#join(record)
    // A null value is not kept, but tells the store what time it is.
    if (key !== null) this.#store.put(key, value, timestampMs, timestampMs)
  }

  #join(record: StreamRecord): void {
    const { key, timestampMs } = record
    this.#record = record
    if (timestampMs > this.#time.ms) this.#time.ms = timestampMs
    // One that comes too late to be kept does not find itself; the bound is Kafka Streams'.
    this.#joinedWithSelf = timestampMs <= this.#time.ms - this.#store.retentionMs + 1
    this.#store.visit(key, around(timestampMs, this.#beforeMs, this.#afterMs), this.#asLeft)
    this.#store.visit(key, around(timestampMs, this.#afterMs, this.#beforeMs), this.#asRight)
    if (!this.#joinedWithSelf) this.#withSelf()
  }

  readonly #asLeft = (other: unknown, otherMs: number): void => {
    const { value, timestampMs } = this.#record
    this.#forward(value, other, Math.max(timestampMs, otherMs))
  }

  readonly #asRight = (other: unknown, otherMs: number): void => {
    const { value, timestampMs } = this.#record
    if (otherMs > timestampMs && !this.#joinedWithSelf) this.#withSelf()
    this.#forward(other, value, Math.max(timestampMs, otherMs))
  }

  #withSelf(): void {
    const { value, timestampMs } = this.#record
    this.#joinedWithSelf = true
    this.#forward(value, value, timestampMs)
  }

  #forward(left: unknown, right: unknown, timestampMs: number): void {
    const { key, headers } = this.#record
    const out = this.#out
    out.key = key
    out.value = this.#joiner.call3(this.#givesKey ? key : null, left, right)
    out.timestampMs = timestampMs
    out.headers = headers
    this.#counters.recordsOut.value++
    this.#next.process(out)
  }
}

function around(timestampMs: number, beforeMs: number, afterMs: number): { fromMs: number; toMs: number } {
  return { fromMs: Math.max(0, timestampMs - beforeMs), toMs: Math.max(0, timestampMs + afterMs) }
}
