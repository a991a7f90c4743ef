/**
 * The nodes of joins whose records wait for each other: sources that give combinations of one, a join for each table that is waited for,
 * and the gate. Look-ups stand at the driver's source, where the driver brings what they are found by, or else at the gate.
 *
 * Each input of a join goes through an internal topic that is partitioned by the join's key, but where the join before has the same
 * key. The gate must see all that becomes of a driver's record: where a key comes from a joined row, and so may change, results go by
 * the driver's record to it.
 */
import { equalExprs, readsClock, scopesOf } from '../../expr/columns.ts'
import { allOf, conjunctsOf } from '../../expr/conjunction.ts'
import type { Expr } from '../../expr/expr.ts'
import {
  foreverMs,
  type CombinationNode,
  type CombinationStores,
  type Emission,
  type JoinedTable,
  type TtlJoinNode,
} from '../../topology/ttl-join-nodes.ts'
import type { Node, NodeId, RepartitionNode, StoreSpec } from '../../topology/topology.ts'
import { jsonRows } from '../catalog.ts'
import type { BoundJoin, BoundQuery } from './bound-query.ts'
import type { JoinPlan, PlanTarget } from './node-plan.ts'
import { LookUpPlanner } from './plan-look-ups.ts'
import { bytes, textKey } from './query-formats.ts'
import type { Scope } from './scope.ts'
import type { UsedColumns } from './used-columns.ts'
import { hasRowPerRecordKey, sortJoins, type WaitingJoins } from './waiting-joins.ts'

export function planTtlJoins(query: BoundQuery, used: UsedColumns, target: PlanTarget): JoinPlan {
  return new TtlJoinPlanner(query, used, target).plan()
}

/**
 * What decides whether something goes out: at the driver's source, and at the gate. A version of a driving dimension takes the place of the
 * one before it whatever WHERE says, and what the clock says may change.
 */
interface Conditions {
  readonly early: readonly Expr[]
  readonly late: readonly Expr[]
}

class TtlJoinPlanner {
  readonly #query: BoundQuery
  readonly #used: UsedColumns
  readonly #name: string
  readonly #emission: Emission
  readonly #tables: readonly JoinedTable[]
  readonly #joins: WaitingJoins
  readonly #conditions: Conditions
  readonly #lookUps: LookUpPlanner
  readonly #nodes: Node[] = []
  readonly #stores: StoreSpec[] = []

  constructor(query: BoundQuery, used: UsedColumns, { name, emission, required }: PlanTarget) {
    this.#query = query
    this.#used = used
    this.#name = name
    this.#emission = emission
    this.#joins = sortJoins(query)
    this.#conditions = this.#sortConditions(required)
    this.#lookUps = new LookUpPlanner(name, used)
    const byRecordKey = hasRowPerRecordKey(query)
    this.#tables = query.scopes.map((scope) => tableOf(scope, used, byRecordKey && scope.index === 0))
  }

  plan(): JoinPlan {
    const { waiting, early, late, broughtScopes } = this.#joins
    const keys = waiting.map(({ key }) => key.map((part) => this.#used.renumber(part)))
    const rightKeys = waiting.map(({ ownKey }) => ownKey.map((part) => this.#used.renumber(part)))
    for (const { node, store } of this.#lookUps.tables([...early, ...late])) {
      this.#nodes.push(node)
      this.#stores.push(store)
    }
    let left = this.#enterDriver(keys[0] ?? [])
    for (const [index, join] of waiting.entries()) {
      const right = this.#enter(join.scope.index, rightKeys[index] ?? [])
      const nextKey = keys[index + 1] ?? []
      left = this.#join(join, { left, right, nextKey })
      if (nextKey.length > 0 && !equalExprs(nextKey, keys[index] ?? []))
        left = this.#repartition(`before ${this.#place(waiting[index + 1]?.scope.index ?? 0)}`, left)
    }
    if (keys.some((key) => scopesOf(key).some((scope) => !broughtScopes.has(scope))))
      left = this.#repartition('before release', left)
    return { nodes: this.#nodes, stores: this.#stores, last: this.#release(left) }
  }

  /** With what is looked up for its records. What WHERE says of the driver alone is asked here. */
  #enterDriver(joinKey: readonly Expr[]): NodeId {
    const place = this.#place(0)
    const predicate = allOf(this.#conditions.early)
    const byRecordKey = this.#tables[0]?.byRecordKey === true
    if (byRecordKey) this.#stores.push(keyValueStore(`${this.#name}-${place}`))
    return this.#enter(0, joinKey, {
      lookups: this.#joins.early.map((join) => this.#lookUps.lookUp(join)),
      ...(predicate === undefined ? {} : { predicate }),
      ...(byRecordKey ? { store: `${this.#name}-${place}` } : {}),
    })
  }

  #sortConditions(required: readonly Expr[]): Conditions {
    const { broughtScopes } = this.#joins
    const where = this.#query.where === undefined ? [] : conjunctsOf(this.#used.renumber(this.#query.where))
    const isEarly = (part: Expr): boolean =>
      scopesOf([part]).every((scope) => broughtScopes.has(scope)) && !readsClock(part)
    return {
      early: where.filter(isEarly),
      late: [...where.filter((part) => !isEarly(part)), ...required.map((part) => this.#used.renumber(part))],
    }
  }

  /** The records of one topic, partitioned by what they are joined on. */
  #enter(
    index: number,
    joinKey: readonly Expr[],
    more: Pick<CombinationNode, 'lookups' | 'predicate' | 'store'> = { lookups: [] },
  ): NodeId {
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
      { kind: 'combination', id, input: source, tables: this.#tables, scope: index, joinKey, ...more },
    )
    return this.#repartition(place, id)
  }

  #join(
    { scope, type, residual }: BoundJoin,
    sides: Pick<TtlJoinNode, 'left' | 'right' | 'nextKey'>,
  ): NodeId {
    const place = this.#place(scope.index)
    const rightStore = `${this.#name}-${place}`
    const { timeToLiveMs } = this.#tables[scope.index] ?? {}
    const leftStores = this.#combinationStores(`${rightStore}-waiting`, scope.index, sessionStore)
    const right =
      timeToLiveMs === undefined ? keyValueStore(rightStore) : sessionStore(rightStore, timeToLiveMs)
    this.#stores.push({ ...right, parts: this.#partsOf([scope]) })
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
      leftStores,
      rightStore,
    })
    return id
  }

  #release(input: NodeId): NodeId {
    const id = `${this.#name}/release`
    const { waiting, late } = this.#joins
    const predicate = allOf(this.#conditions.late)
    const timeToLiveMs = this.#tables[0]?.timeToLiveMs
    const stores = this.#combinationStores(`${this.#name}-released`, this.#tables.length, windowStore)
    const holdsBack = predicate !== undefined || [...waiting, ...late].some(({ type }) => type === 'inner')
    const unreleasedStore = `${this.#name}-unreleased`
    const counts = holdsBack && timeToLiveMs !== undefined
    if (counts) this.#stores.push(keyValueStore(unreleasedStore))
    this.#nodes.push({
      kind: 'release',
      id,
      input,
      tables: this.#tables,
      emission: this.#emission,
      lookups: late.map((join) => this.#lookUps.lookUp(join)),
      ...(predicate === undefined ? {} : { predicate }),
      stores,
      ...(counts ? { unreleasedStore } : {}),
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

  /** What decides how records of these tables stand one after the other; of the driver, the alias is free. */
  #partsOf(scopes: readonly Scope[]): string {
    return JSON.stringify(
      scopes.map(({ index, topic, alias, role, format }) => {
        const byRecordKey = this.#tables[index]?.byRecordKey === true
        return [topic, ...(index === 0 ? [] : [alias]), role, format.notation, byRecordKey]
      }),
    )
  }

  /** What a table is called in names of topics and stores: by its alias, where that can be part of one. */
  #place(index: number): string {
    const alias = this.#query.scopes[index]?.alias ?? ''
    return /^[A-Za-z0-9._-]+$/.test(alias) ? alias : `table-${index}`
  }

  /** For combinations of the tables before this one. A driving dimension's have no time-to-live while they have no event. */
  #combinationStores(
    name: string,
    scope: number,
    make: (name: string, retentionMs: number) => StoreSpec,
  ): CombinationStores {
    const times = this.#tables.slice(0, scope).flatMap(({ timeToLiveMs }) => timeToLiveMs ?? [])
    const lasts = this.#tables[0]?.timeToLiveMs === undefined
    const expiring = times.length === 0 ? undefined : name
    const lasting = lasts ? `${name}-lasting` : undefined
    const parts = this.#partsOf(this.#query.scopes)
    if (expiring !== undefined) this.#stores.push({ ...make(expiring, Math.max(...times)), parts })
    if (lasting !== undefined) this.#stores.push({ ...make(lasting, foreverMs), parts })
    return {
      ...(expiring === undefined ? {} : { expiring }),
      ...(lasting === undefined ? {} : { lasting }),
    }
  }
}

function sessionStore(name: string, retentionMs: number): StoreSpec {
  return { ...storeOf(name), kind: 'session', retentionMs }
}

function windowStore(name: string, retentionMs: number): StoreSpec {
  return {
    ...storeOf(name),
    kind: 'window',
    timestamped: false,
    windowSizeMs: 1,
    retentionMs,
    retainDuplicates: false,
  }
}

function tableOf(
  { role, timeToLiveMs, index, format }: Scope,
  used: UsedColumns,
  byRecordKey: boolean,
): JoinedTable {
  return {
    role,
    ...(byRecordKey ? { byRecordKey } : {}),
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
