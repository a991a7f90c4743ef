import type { FilterNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Change, Processor, StreamRecord } from '../processor.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'
import { TableResult } from './table-result.ts'
import { derivedView, type TableView } from './table-view.ts'
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
 * Filters a table: a rejected row becomes a tombstone; the predicate does not see tombstones. Where it is known
 * that a row was not there before, and it is rejected, nothing is said.
 */
export class TableFilter implements Processor {
  readonly #keeps: TablePredicate
  readonly #sendsOld: boolean
  /** Whether nothing is said of rows that were not there and are rejected. */
  readonly #leavesOut: boolean
  readonly #result: TableResult
  readonly #counters: NodeCounters

  constructor(node: FilterNode, env: ProcessEnvironment, next: Processor) {
    this.#keeps = tablePredicate(node, env)
    this.#sendsOld = node.sendsOld === true
    this.#leavesOut = this.#sendsOld && node.ofVersions !== true
    this.#result = new TableResult(node.store === undefined ? undefined : env.store(node.store), next)
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { key } = record
    const change = record.value as Change
    const newValue = this.#keeps(key, change.newValue) ? change.newValue : null
    const oldValue = this.#result.kept ? this.#result.before(key) : this.#before(key, change.oldValue)
    if (this.#leavesOut && oldValue === null && newValue === null) return
    this.#counters.recordsOut.value++
    this.#result.put(record, oldValue, newValue)
  }

  flush(): void {
    this.#result.flush()
  }

  #before(key: unknown, oldValue: unknown): unknown {
    return this.#sendsOld && this.#keeps(key, oldValue) ? oldValue : null
  }
}

/** The rows of a filtered table that has no store. */
export function filteredView(node: FilterNode, env: ProcessEnvironment, parent: TableView): TableView {
  const keeps = tablePredicate(node, env)
  return derivedView(parent, (key, row) => (row !== undefined && keeps(key, row.value) ? row : undefined))
}

type TablePredicate = (key: unknown, value: unknown) => boolean

/** False for tombstones. */
function tablePredicate(node: FilterNode, env: ProcessEnvironment): TablePredicate {
  const predicate = new UserFunction(node.predicate, node.id, env)
  return (key, value) => value !== null && (predicate.call2(key, value) === true) !== node.negate
}
