import { serdeKeying, type Keying } from '../../store/keying.ts'
import type { TableGroupNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { Change, StreamRecord, type Processor } from '../processor.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import { UserFunction } from './user-function.ts'

/**
 * Gives each row of a table to a group. A change that stays in its group goes on as one, with old and new value; else what was there is
 * taken from the old group first, then what is there now is given to the new one. A null key or value belongs to no group.
 */
export class TableGroup implements Processor {
  readonly #mapper: UserFunction
  readonly #keys: Keying
  readonly #next: Processor
  readonly #dropped: Drops
  readonly #late: Drops
  readonly #counters: NodeCounters
  readonly #out = new StreamRecord()
  readonly #change = new Change(null, null)

  constructor(node: TableGroupNode, env: ProcessEnvironment, next: Processor) {
    this.#mapper = new UserFunction(node.mapper, node.id, env)
    this.#keys = serdeKeying(env.serde(node.key, env.topics.internal(node.id), 'key'), node.key)
    this.#next = next
    this.#dropped = drops(env, node.id, 'null-key-or-value')
    this.#late = drops(env, node.id, 'late')
    this.#counters = nodeCounters(env.metrics, node.id)
    this.#out.value = this.#change
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { oldValue, newValue, isLatest } = record.value as Change
    if (!isLatest) {
      this.#late.count()
      return
    }
    const after = this.#member(record.key, newValue)
    const before = this.#member(record.key, oldValue)
    if (before !== undefined && after !== undefined && this.#sameGroup(before.key, after.key)) {
      this.#forward(record, after.key, before.value, after.value)
      return
    }
    if (before !== undefined) this.#forward(record, before.key, before.value, null)
    if (after !== undefined) this.#forward(record, after.key, null, after.value)
  }

  #member(key: unknown, value: unknown): { readonly key: unknown; readonly value: unknown } | undefined {
    if (value === null) return undefined
    const pair = this.#mapper.call2(key, value)
    if (pair !== null && (!Array.isArray(pair) || pair.length !== 2))
      throw this.#mapper.unusable(pair, 'a key and a value')
    const [group, member] = (pair ?? []) as readonly unknown[]
    if (group !== null && group !== undefined && member !== null && member !== undefined)
      return { key: group, value: member }
    this.#dropped.count()
    return undefined
  }

  #sameGroup(before: unknown, after: unknown): boolean {
    return before === after || this.#keys.identity(before) === this.#keys.identity(after)
  }

  #forward(cause: StreamRecord, key: unknown, oldValue: unknown, newValue: unknown): void {
    const out = this.#out
    out.key = key
    out.timestampMs = cause.timestampMs
    out.headers = cause.headers
    this.#change.oldValue = oldValue
    this.#change.newValue = newValue
    this.#counters.recordsOut.value++
    this.#next.process(out)
  }
}
