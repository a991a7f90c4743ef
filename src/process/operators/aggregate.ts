import type { KeyValueStore } from '../../store/contracts.ts'
import type { AggregateNode, Fold } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { foldFunctions, foldsOf, type FoldFunctions } from './fold.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import { TableOutput } from './table-output.ts'

interface AggregateSide {
  readonly fold: Fold
  readonly output: TableOutput
}

/** One for each stream that is folded, in order; what they keep and pass on is one table. */
export function makeAggregates(node: AggregateNode, env: ProcessEnvironment, next: Processor): Aggregate[] {
  const output = new TableOutput(env.store(node.store), next)
  return foldsOf(node).map((fold) => new Aggregate(node, env, { fold, output }))
}

/**
 * Folds a stream by key: count, reduce, aggregate. Records without key or value are left out. The result's timestamp is the larger
 * of the record's and the stored one. A null result deletes the entry and goes on as a tombstone.
 */
class Aggregate implements Processor {
  readonly #store: KeyValueStore
  readonly #fold: FoldFunctions
  readonly #output: TableOutput
  readonly #dropped: Drops
  readonly #counters: NodeCounters

  constructor(node: AggregateNode, env: ProcessEnvironment, { fold, output }: AggregateSide) {
    this.#store = env.store(node.store)
    this.#fold = foldFunctions(fold, node.id, env)
    this.#output = output
    this.#dropped = drops(env, node.id, 'null-key-or-value')
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { key, value } = record
    if (key === null || value === null) {
      this.#dropped.count()
      return
    }
    const before = this.#store.get(key) ?? null
    const storedMs = before === null ? undefined : this.#store.timestampMs(key)
    const timestampMs =
      storedMs !== undefined && storedMs > record.timestampMs ? storedMs : record.timestampMs
    const after = this.#fold.next(key, value, before ?? this.#fold.initial())
    const kept = this.#store.put(key, after, timestampMs)
    this.#counters.recordsOut.value++
    this.#output.emit(record, kept ?? this.#output.refused(key, after, timestampMs), before)
  }

  flush(): void {
    this.#output.flush()
  }
}
