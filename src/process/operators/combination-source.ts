import type { Clock } from '../../base/clock.ts'
import { materialize } from '../../data/lazy.ts'
import { rowOfCells, StoredRow, type Row, type SlicedRow } from '../../data/row.ts'
import { columnsIn } from '../../expr/columns.ts'
import type { CombinationNode } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { keyAsColumn } from '../key-column.ts'
import type { Processor, StreamRecord, TaskContext } from '../processor.ts'
import type { Combination, Member } from './combination.ts'
import { CombinationJudge } from './combination-judge.ts'
import { CombinationOutlet } from './combination-outlet.ts'
import { CombinationRows } from './combination-rows.ts'
import { DriverVersions } from './driver-versions.ts'
import { compileKeyText } from './join-key.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'

/**
 * Where the records of a topic enter a join by time-to-live. A driver's record without join key goes on under its own; another table's
 * can match nothing. A tombstone removes a dimension's row, whose key is then the record key.
 *
 * What is looked up by the driver's columns is found here, and goes along as bytes: a later row serves later records only.
 */
export class CombinationSource implements Processor {
  readonly #scope: number
  readonly #rows: (Row | undefined)[]
  readonly #members: (Member | undefined)[]
  readonly #context: TaskContext
  readonly #outlet: CombinationOutlet
  readonly #dimension: boolean
  readonly #judge: CombinationJudge
  readonly #lookedUp: readonly number[]
  readonly #versions: DriverVersions | undefined
  /** The key of the row that a tombstone removes; undefined where its record key stands for no column. */
  readonly #removedKey: ((key: unknown) => string | undefined) | undefined
  readonly #nullKeys: Drops
  readonly #nullJoinKeys: Drops
  readonly #nullValues: Drops
  readonly #lostTombstones: Drops
  readonly #counters: NodeCounters

  constructor(node: CombinationNode, env: ProcessEnvironment, next: Processor) {
    const { id, scope, tables, joinKey } = node
    this.#scope = scope
    this.#rows = Array.from({ length: tables.length })
    this.#members = Array.from({ length: tables.length })
    this.#context = env.context
    this.#versions =
      node.store === undefined ? undefined : new DriverVersions(env.store(node.store), tables.length)
    const kept = this.#versions === undefined ? undefined : new CombinationRows(tables, env)
    const rowsOf = (of: Combination, scopes: readonly number[]) => kept?.some(of, scopes) ?? this.#rows
    this.#outlet = new CombinationOutlet({ node: id, key: joinKey, rowsOf, env, next })
    this.#judge = new CombinationJudge(node, env)
    this.#lookedUp = node.lookups.map((lookup) => lookup.scope)
    this.#dimension = tables[scope]?.role === 'dimension'
    this.#removedKey = removedKey(node, env.context.clock)
    this.#nullKeys = drops(env, id, 'null-key')
    this.#nullJoinKeys = drops(env, id, 'null-join-key')
    this.#nullValues = drops(env, id, 'null-value')
    this.#lostTombstones = drops(env, id, 'no-single-index')
    this.#counters = nodeCounters(env.metrics, id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    if (record.value !== null) this.#enter(record)
    else if (this.#dimension) this.#removeRow(record)
    else this.#nullValues.count()
  }

  #enter(record: StreamRecord): void {
    const row = record.value as SlicedRow
    const { partition, offset } = this.#context
    this.#rows[this.#scope] = row
    this.#members[this.#scope] = {
      partition,
      offset,
      timestampMs: record.timestampMs,
      value: row.buffer.subarray(row.start, row.end),
    }
    if (this.#scope === 0) this.#enterDriver(record)
    else if (!this.#outlet.putKeyed(this.#members)) this.#nullJoinKeys.count()
  }

  #enterDriver(record: StreamRecord): void {
    const passes = this.#judge.passes(this.#rows)
    for (const scope of this.#lookedUp) this.#members[scope] = lookedUp(this.#rows[scope])
    if (this.#versions !== undefined)
      this.#replace(this.#versions, record, passes ? this.#members : undefined)
    else if (passes) this.#outlet.put(this.#members)
    else if (this.#dimension) this.#outlet.removeKeyOf(this.#members)
  }

  /** @param version - undefined: the one before it has no successor */
  #replace(versions: DriverVersions, record: StreamRecord, version: Combination | undefined): void {
    if (record.key === null) {
      this.#nullKeys.count()
      return
    }
    const before = versions.replace(String(materialize(record.key)), version, record.timestampMs)
    if (before !== undefined) this.#outlet.remove(before)
    if (version !== undefined) this.#outlet.put(version)
  }

  #removeRow(record: StreamRecord): void {
    if (this.#versions !== undefined) {
      this.#replace(this.#versions, record, undefined)
      return
    }
    if (this.#removedKey === undefined) {
      this.#lostTombstones.count()
      return
    }
    const key = record.key === null ? undefined : this.#removedKey(materialize(record.key))
    if (key === undefined) this.#nullKeys.count()
    else this.#outlet.removeKey(key, this.#members.length, record.timestampMs)
  }
}

/** A row that was looked up, as a member that is told apart by nothing: it belongs to the driver's record. */
function lookedUp(row: Row | undefined): Member | undefined {
  if (row === undefined) return undefined
  const { buffer, start, end } = row instanceof StoredRow ? row.slices() : (row as SlicedRow)
  return { partition: 0, offset: 0, timestampMs: 0, value: buffer.subarray(start, end) }
}

/** A record key stands for the one column that the join's key is made of. */
function removedKey(
  { joinKey, tables, scope }: CombinationNode,
  clock: Clock,
): ((key: unknown) => string | undefined) | undefined {
  const [column, ...others] = joinKey.flatMap(columnsIn)
  if (column === undefined || others.some(({ index }) => index !== column.index)) return undefined
  const textOf = compileKeyText(joinKey, clock)
  const columns = tables[scope]?.columns ?? []
  const rows: (Row | undefined)[] = Array.from({ length: tables.length })
  return (key) => {
    const value = keyAsColumn(key, column.type)
    rows[scope] = rowOfCells(
      columns,
      columns.map((_, index) => (index === column.index ? value : null)),
    )
    return textOf(rows)
  }
}
