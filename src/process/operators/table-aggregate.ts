import type { KeyValueStore } from '../../store/contracts.ts'
import type { NodeId, TableAggregateNode, TableFold } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Change, Processor, StreamRecord } from '../processor.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'
import { TableOutput } from './table-output.ts'
import { UserFunction } from './user-function.ts'

interface Steps {
  /** `aggregate` is null where there is none yet. */
  readonly add: (key: unknown, value: unknown, aggregate: unknown) => unknown
  readonly subtract: (key: unknown, value: unknown, aggregate: unknown) => unknown
}

/**
 * Folds the rows of a grouped table: what a row was is subtracted, where there is an aggregate, then what it is now is added. The
 * result's timestamp is the larger of the change's and the stored one.
 */
export class TableAggregate implements Processor {
  readonly #store: KeyValueStore
  readonly #steps: Steps
  readonly #output: TableOutput
  readonly #counters: NodeCounters

  constructor(node: TableAggregateNode, env: ProcessEnvironment, next: Processor) {
    this.#store = env.store(node.store)
    this.#steps = stepsOf(node.fold, node.id, env)
    this.#output = new TableOutput(this.#store, next)
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { key } = record
    const { oldValue, newValue } = record.value as Change
    const before = this.#store.get(key) ?? null
    const subtracts = oldValue !== null && before !== null
    const between = subtracts ? this.#steps.subtract(key, oldValue, before) : before
    const after = newValue === null ? between : this.#steps.add(key, newValue, between)
    const storedMs = before === null ? -1 : (this.#store.timestampMs(key) ?? -1)
    const timestampMs =
      subtracts || newValue !== null ? Math.max(record.timestampMs, storedMs) : record.timestampMs
    const kept = this.#store.put(key, after, timestampMs)
    this.#counters.recordsOut.value++
    this.#output.emit(record, kept ?? this.#output.refused(key, after, timestampMs), before)
  }

  flush(): void {
    this.#output.flush()
  }
}

function stepsOf(fold: TableFold, node: NodeId, env: ProcessEnvironment): Steps {
  switch (fold.kind) {
    case 'count':
      return {
        add: (_key, _value, count) => ((count as number | null) ?? 0) + 1,
        subtract: (_key, _value, count) => (count as number) - 1,
      }
    case 'reduce': {
      const adder = new UserFunction(fold.adder, node, env)
      const subtractor = new UserFunction(fold.subtractor, node, env)
      return {
        add: (_key, value, aggregate) => (aggregate === null ? value : adder.call2(aggregate, value)),
        subtract: (_key, value, aggregate) => subtractor.call2(aggregate, value),
      }
    }
    case 'aggregate': {
      const initializer = new UserFunction(fold.initializer, node, env)
      const adder = new UserFunction(fold.adder, node, env)
      const subtractor = new UserFunction(fold.subtractor, node, env)
      return {
        add: (key, value, aggregate) => adder.call3(key, value, aggregate ?? initializer.call0()),
        subtract: (key, value, aggregate) => subtractor.call3(key, value, aggregate),
      }
    }
  }
}
