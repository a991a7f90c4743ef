import type { WindowStore } from '../../store/contracts.ts'
import type { DeduplicateNode } from '../../topology/deduplicate-node.ts'
import type { EventTime, ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'

/**
 * Leaves out a record whose key has been passed on at a time less than `within` from its own, earlier or later. All of these times are kept
 * as long as a record may still be compared with them; one that comes later than that is left out, since nothing can tell.
 */
export class Deduplicate implements Processor {
  readonly #withinMs: number
  readonly #graceMs: number
  readonly #passed: WindowStore
  readonly #time: EventTime
  readonly #next: Processor
  readonly #nullKeys: Drops
  readonly #late: Drops
  readonly #duplicates: Drops
  readonly #counters: NodeCounters
  #found = false

  constructor(node: DeduplicateNode, env: ProcessEnvironment, next: Processor) {
    this.#withinMs = node.withinMs
    this.#graceMs = node.graceMs
    this.#passed = env.windowStore(node.store)
    this.#time = env.eventTime(node.id)
    this.#next = next
    this.#nullKeys = drops(env, node.id, 'null-key')
    this.#late = drops(env, node.id, 'late')
    this.#duplicates = drops(env, node.id, 'duplicate')
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { key, timestampMs } = record
    if (key === null) {
      this.#nullKeys.count()
      return
    }
    const time = this.#time
    if (timestampMs > time.ms) time.ms = timestampMs
    if (timestampMs < time.ms - this.#graceMs) this.#late.count()
    else if (this.#isKnown(key, timestampMs)) this.#duplicates.count()
    else this.#pass(record)
  }

  #isKnown(key: unknown, timestampMs: number): boolean {
    const fromMs = Math.max(0, timestampMs - this.#withinMs + 1)
    this.#found = false
    this.#passed.visit(key, { fromMs, toMs: timestampMs + this.#withinMs - 1 }, this.#find)
    return this.#found
  }

  readonly #find = (): void => {
    this.#found = true
  }

  #pass(record: StreamRecord): void {
    this.#passed.put(record.key, true, record.timestampMs, record.timestampMs)
    this.#counters.recordsOut.value++
    this.#next.process(record)
  }
}
