import type { FilterNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Change, Processor, StreamRecord } from '../processor.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'
import { TableResult } from './table-result.ts'
import { UserFunction } from './user-function.ts'

/** Passes on the records of a stream for which the predicate gives true (or, negated, does not). */
export class StreamFilter implements Processor {
  readonly #predicate: UserFunction
  readonly #wanted: boolean
  readonly #next: Processor
  readonly #counters: NodeCounters

  constructor(node: FilterNode, env: ProcessEnvironment, next: Processor) {
    this.#predicate = new UserFunction(node.predicate, node.id, env)
    this.#wanted = !node.negate
    this.#next = next
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    if ((this.#predicate.call2(record.key, record.value) === true) !== this.#wanted) return
    this.#counters.recordsOut.value++
    this.#next.process(record)
  }
}

/**
 * Filters a table: a rejected row becomes a tombstone; the predicate does not see tombstones. With a store of its own, a key that was
 * not there and is rejected says nothing.
 */
export class TableFilter implements Processor {
  readonly #predicate: UserFunction
  readonly #wanted: boolean
  readonly #result: TableResult
  readonly #counters: NodeCounters

  constructor(node: FilterNode, env: ProcessEnvironment, next: Processor) {
    this.#predicate = new UserFunction(node.predicate, node.id, env)
    this.#wanted = !node.negate
    this.#result = new TableResult(node.store === undefined ? undefined : env.store(node.store), next)
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { newValue } = record.value as Change
    if (this.#result.put(record, this.#holds(record.key, newValue) ? newValue : null)) {
      this.#counters.recordsOut.value++
    }
  }

  flush(): void {
    this.#result.flush()
  }

  #holds(key: unknown, value: unknown): boolean {
    if (value === null) return false
    return (this.#predicate.call2(key, value) === true) === this.#wanted
  }
}
