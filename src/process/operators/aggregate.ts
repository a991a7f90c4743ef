import type { Counter } from '../../base/metrics.ts'
import type { KeyValueStore } from '../../store/contracts.ts'
import type { AggregateNode, Fold, NodeId } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { dropCounter, nodeCounters, type NodeCounters } from './node-counters.ts'
import { TableOutput } from './table-output.ts'
import { UserFunction } from './user-function.ts'

/** The next aggregate; null deletes. `aggregate` is null for the first record of a key, and belongs to the store. */
type Step = (key: unknown, value: unknown, aggregate: unknown) => unknown

/**
 * Folds a stream by key: count, reduce, aggregate. Records without key or value are left out. The result's timestamp is the larger
 * of the record's and the stored one. A null result deletes the entry and goes on as a tombstone.
 */
export class Aggregate implements Processor {
  readonly #store: KeyValueStore
  readonly #step: Step
  readonly #output: TableOutput
  readonly #dropped: Counter
  readonly #counters: NodeCounters

  constructor(node: AggregateNode, env: ProcessEnvironment, next: Processor) {
    this.#store = env.store(node.store)
    this.#step = stepOf(node.fold, node.id, env)
    this.#output = new TableOutput(this.#store, next)
    this.#dropped = dropCounter(env.metrics, node.id, 'null-key-or-value')
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { key, value } = record
    if (key === null || value === null) {
      this.#dropped.value++
      return
    }
    const before = this.#store.get(key) ?? null
    const storedMs = before === null ? undefined : this.#store.timestampMs(key)
    const timestampMs =
      storedMs !== undefined && storedMs > record.timestampMs ? storedMs : record.timestampMs
    const after = this.#step(key, value, before)
    this.#store.put(key, after, timestampMs)
    this.#counters.recordsOut.value++
    this.#output.emit(record, before, after, timestampMs)
  }

  flush(): void {
    this.#output.flush()
  }
}

function stepOf(fold: Fold, node: NodeId, env: ProcessEnvironment): Step {
  switch (fold.kind) {
    case 'count':
      return (_key, _value, count) => (count === null ? 1 : (count as number) + 1)
    case 'reduce': {
      const reducer = new UserFunction(fold.reducer, node, env)
      return (_key, value, aggregate) => (aggregate === null ? value : reducer.call2(aggregate, value))
    }
    case 'aggregate': {
      const initializer = new UserFunction(fold.initializer, node, env)
      const aggregator = new UserFunction(fold.aggregator, node, env)
      return (key, value, aggregate) =>
        aggregator.call3(key, value, aggregate === null ? initializer.call0() : aggregate)
    }
  }
}
