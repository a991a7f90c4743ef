/**
 * Joins two tables on equal keys. Either side's change looks up the other side's row; the result's time is the later of the two. A
 * result that is null deletes.
 *
 * Inner: a side without partner says nothing. Left: a left row alone is joined with null, a right row alone says nothing. Outer: both.
 */
import type { TableJoinNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Change, Processor, StreamRecord } from '../processor.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import { TableResult } from './table-result.ts'
import { fill, newRow, unknownMs, type FoundRow, type TableView } from './table-view.ts'
import { UserFunction } from './user-function.ts'

interface TableJoinOptions {
  readonly left: TableView
  readonly right: TableView
  readonly next: Processor
}

/** Whether a row of one side is joined with null where the other side has none. */
interface Alone {
  readonly left: boolean
  readonly right: boolean
}

const aloneByType: Readonly<Record<TableJoinNode['type'], Alone>> = {
  inner: { left: false, right: false },
  left: { left: true, right: false },
  outer: { left: true, right: true },
}

export class TableJoin {
  readonly left: Processor
  readonly right: Processor

  constructor(node: TableJoinNode, env: ProcessEnvironment, options: TableJoinOptions) {
    const joiner = new UserFunction(node.joiner, node.id, env)
    const alone = aloneByType[node.type]
    const shared = {
      result: new TableResult(node.store === undefined ? undefined : env.store(node.store), options.next),
      sendsOld: node.sendsOld === true,
      nullKeys: drops(env, node.id, 'null-key'),
      late: drops(env, node.id, 'late'),
      counters: nodeCounters(env.metrics, node.id),
    }
    const join = (left: unknown, right: unknown): unknown => joiner.call3(null, left, right)
    this.left = new JoinSide({
      ...shared,
      other: options.right,
      alone: alone.left,
      otherAlone: alone.right,
      join,
    })
    this.right = new JoinSide({
      ...shared,
      other: options.left,
      alone: alone.right,
      otherAlone: alone.left,
      join: (right, left) => join(left, right),
    })
  }
}

interface JoinSideParts {
  readonly other: TableView
  readonly alone: boolean
  readonly otherAlone: boolean
  /** Called with this side's value first. */
  readonly join: (own: unknown, other: unknown) => unknown
  readonly result: TableResult
  readonly sendsOld: boolean
  readonly nullKeys: Drops
  /** Versions that came late. */
  readonly late: Drops
  readonly counters: NodeCounters
}

class JoinSide implements Processor {
  readonly #parts: JoinSideParts

  constructor(parts: JoinSideParts) {
    this.#parts = parts
  }

  process(record: StreamRecord): void {
    const { counters, nullKeys, late, other, alone, result, sendsOld } = this.#parts
    counters.recordsIn.value++
    const { key } = record
    if (key === null) {
      nullKeys.count()
      return
    }
    const change = record.value as Change
    if (!change.isLatest) {
      late.count()
      return
    }
    const { oldValue, newValue } = change
    const row = other.find(key)
    if (row === undefined && (!alone || (oldValue === null && newValue === null))) return
    const found = valueOf(row)
    const timestampMs = Math.max(record.timestampMs, timeOf(row))
    const joined = this.#join(newValue, found)
    const before = sendsOld ? this.#join(oldValue, found) : null
    counters.recordsOut.value++
    result.put(record, before, joined, timestampMs)
  }

  /** Both sides flush what they share; the second finds nothing. */
  flush(): void {
    this.#parts.result.flush()
  }

  #join(own: unknown, found: unknown): unknown {
    const { join, otherAlone } = this.#parts
    return own === null && (found === null || !otherAlone) ? null : join(own, found)
  }
}

/** The rows of a join that has no store. */
export function joinedView(
  node: TableJoinNode,
  env: ProcessEnvironment,
  { left, right }: Pick<TableJoinOptions, 'left' | 'right'>,
): TableView {
  const joiner = new UserFunction(node.joiner, node.id, env)
  const alone = aloneByType[node.type]
  const joined = newRow()
  return {
    find: (key) => {
      const leftRow = left.find(key)
      if (leftRow === undefined && !alone.right) return undefined
      const rightRow = right.find(key)
      if (rightRow === undefined && (!alone.left || leftRow === undefined)) return undefined
      const value = joiner.call3(null, valueOf(leftRow), valueOf(rightRow))
      return fill(joined, value, Math.max(timeOf(leftRow), timeOf(rightRow)))
    },
  }
}

function valueOf(row: FoundRow | undefined): unknown {
  return row === undefined ? null : row.value
}

function timeOf(row: FoundRow | undefined): number {
  return row === undefined ? unknownMs : row.timestampMs
}
