/**
 * The nodes of joins whose records wait for each other: sources that give combinations of one, a join for each table behind the first,
 * and the gate.
 *
 * Each input of a join goes through an internal topic that is partitioned by the join's key, but where the join before has the same
 * key. The gate must see all that becomes of a driver's record: where a key comes from a joined row, and so may change, results go by
 * the driver's record to it.
 */
import { equalExprs, scopesOf } from '../../expr/columns.ts'
import type { Expr } from '../../expr/expr.ts'
import type { JoinedTable, Emission, TtlJoinNode } from '../../topology/ttl-join-nodes.ts'
import type { Node, NodeId, RepartitionNode, StoreSpec } from '../../topology/topology.ts'
import { jsonRows } from '../catalog.ts'
import type { BoundJoin, BoundQuery } from './bound-query.ts'
import type { JoinPlan, PlanTarget } from './node-plan.ts'
import { bytes, textKey } from './query-formats.ts'
import type { Scope } from './scope.ts'
import type { UsedColumns } from './used-columns.ts'

export function planTtlJoins(query: BoundQuery, used: UsedColumns, target: PlanTarget): JoinPlan {
  return new TtlJoinPlanner(query, used, target).plan()
}

/** How long what has no time-to-live is kept: nobody will see its end. */
const foreverMs = 100 * 365 * 86_400_000

class TtlJoinPlanner {
  readonly #query: BoundQuery
  readonly #used: UsedColumns
  readonly #name: string
  readonly #emission: Emission
  readonly #tables: readonly JoinedTable[]
  readonly #nodes: Node[] = []
  readonly #stores: StoreSpec[] = []

  constructor(query: BoundQuery, used: UsedColumns, { name, emission }: PlanTarget) {
    this.#query = query
    this.#used = used
    this.#name = name
    this.#emission = emission
    this.#tables = query.scopes.map((scope) => tableOf(scope, used))
  }

  plan(): JoinPlan {
    const keys = this.#query.joins.map(({ key }) => key.map((part) => this.#used.renumber(part)))
    const rightKeys = this.#query.joins.map(({ ownKey }) => ownKey.map((part) => this.#used.renumber(part)))
    let left = this.#enter(0, keys[0] ?? [])
    for (const [index, join] of this.#query.joins.entries()) {
      const right = this.#enter(join.scope.index, rightKeys[index] ?? [])
      const nextKey = keys[index + 1] ?? []
      left = this.#join(join, { left, right, nextKey })
      if (nextKey.length > 0 && !equalExprs(nextKey, keys[index] ?? []))
        left = this.#repartition(`before ${this.#place(index + 2)}`, left)
    }
    if (keys.some((key) => key.some(readsJoinedRow))) left = this.#repartition('before release', left)
    return { nodes: this.#nodes, stores: this.#stores, last: this.#release(left) }
  }

  /** The records of one topic, partitioned by what they are joined on. */
  #enter(index: number, joinKey: readonly Expr[]): NodeId {
    const place = this.#place(index)
    const [source, id] = [`${this.#name}/source ${place}`, `${this.#name}/records ${place}`]
    this.#nodes.push(
      {
        kind: 'source',
        id: source,
        topics: [this.#query.scopes[index]?.topic ?? ''],
        key: textKey,
        value: this.#query.scopes[index]?.format ?? jsonRows,
        columns: this.#used.columnsOf(index),
      },
      { kind: 'combination', id, input: source, tables: this.#tables, scope: index, joinKey },
    )
    return this.#repartition(place, id)
  }

  #join(
    { scope, type, residual }: BoundJoin,
    sides: Pick<TtlJoinNode, 'left' | 'right' | 'nextKey'>,
  ): NodeId {
    const place = this.#place(scope.index)
    const [leftStore, rightStore] = [`${this.#name}-${place}-waiting`, `${this.#name}-${place}`]
    const ttlMs = this.#tables[scope.index]?.timeToLiveMs
    this.#stores.push(
      this.#windowStore(leftStore, this.#tables[0]?.timeToLiveMs),
      scope.role === 'dimension' ? keyValueStore(rightStore) : this.#windowStore(rightStore, ttlMs),
    )
    const id = `${this.#name}/join ${place}`
    this.#nodes.push({
      kind: 'ttl-join',
      id,
      ...sides,
      tables: this.#tables,
      scope: scope.index,
      type,
      ...(residual === undefined ? {} : { residual: this.#used.renumber(residual) }),
      emission: this.#emission,
      leftStore,
      rightStore,
    })
    return id
  }

  #release(input: NodeId): NodeId {
    const [id, store] = [`${this.#name}/release`, `${this.#name}-released`]
    const { where } = this.#query
    this.#stores.push(this.#windowStore(store, this.#tables[0]?.timeToLiveMs))
    this.#nodes.push({
      kind: 'release',
      id,
      input,
      tables: this.#tables,
      emission: this.#emission,
      ...(where === undefined ? {} : { predicate: this.#used.renumber(where) }),
      store,
    })
    return id
  }

  #repartition(place: string, input: NodeId): NodeId {
    const id = `${this.#name}/by key ${place}`
    const topic = `${this.#name}-${place.replaceAll(' ', '-')}-repartition`
    const node: RepartitionNode = { kind: 'repartition', id, input, topic, key: textKey, value: bytes }
    this.#nodes.push(node)
    return id
  }

  /** What a table is called in names of topics and stores: by its alias, where that can be part of one. */
  #place(index: number): string {
    const alias = this.#query.scopes[index]?.alias ?? ''
    return /^[A-Za-z0-9._-]+$/.test(alias) ? alias : `table-${index}`
  }

  #windowStore(name: string, ttlMs: number | undefined): StoreSpec {
    return {
      ...storeOf(name),
      kind: 'window',
      timestamped: false,
      windowSizeMs: 1,
      retentionMs: ttlMs ?? foreverMs,
      retainDuplicates: false,
    }
  }
}

function tableOf({ role, timeToLiveMs, index, format }: Scope, used: UsedColumns): JoinedTable {
  return {
    role: role === 'event' ? 'event' : 'dimension',
    ...(timeToLiveMs === undefined ? {} : { timeToLiveMs }),
    value: format,
    columns: used.columnsOf(index),
  }
}

function keyValueStore(name: string): StoreSpec {
  return { ...storeOf(name), kind: 'key-value', timestamped: false }
}

function storeOf(name: string) {
  return { name, key: textKey, value: bytes, persistent: true, caching: false, logging: 'own' } as const
}

/** Whether an expression looks into a row that was joined: all but the driver's. */
function readsJoinedRow(expr: Expr): boolean {
  return scopesOf([expr]).some((scope) => scope > 0)
}
