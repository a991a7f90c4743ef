import { asBuffer } from '../../base/as-buffer.ts'
import { assert } from '../../base/assert.ts'
import type { WindowStore } from '../../store/contracts.ts'
import type { ReleaseNode } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor } from '../processor.ts'
import { eventScopes, identityOf, Lifetimes, timeOf, type Combination } from './combination.ts'
import { CombinationJudge } from './combination-judge.ts'
import { readChange } from './combination-outlet.ts'
import { CombinationRows } from './combination-rows.ts'
import { expiryTime } from './combination-store.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'
import { UnreleasedDrivers } from './unreleased-drivers.ts'

/**
 * The gate behind the last join: lets out a combination when the predicate is TRUE of it, and never again. Under `smart` that holds for
 * its driver and events, whatever the dimensions have become since; under `immediate` for each set of records. A row that was looked up
 * tells no combinations apart.
 *
 * Counts the driver's records that expire before anything of them has gone out.
 */
export class Release implements Processor {
  readonly #scopes: number
  readonly #identity: readonly number[]
  readonly #judge: CombinationJudge
  readonly #rows: CombinationRows
  readonly #lifetimes: Lifetimes
  /** By identity, by when it expires: what has been let out. Where it is counted, also by the driver alone. */
  readonly #expiring: WindowStore | undefined
  readonly #lasting: WindowStore | undefined
  readonly #unreleased: UnreleasedDrivers | undefined
  readonly #next: Processor
  readonly #counters: NodeCounters
  readonly #out = new StreamRecord()

  constructor(node: ReleaseNode, env: ProcessEnvironment, next: Processor) {
    const { tables, emission } = node
    this.#scopes = tables.length
    this.#identity =
      emission === 'smart'
        ? [...new Set([0, ...eventScopes(tables)])]
        : tables.flatMap(({ role }, scope) => (role === 'lookup' ? [] : [scope]))
    this.#judge = new CombinationJudge(node, env)
    this.#rows = new CombinationRows(tables, env)
    this.#lifetimes = new Lifetimes(tables, env.context)
    const { expiring, lasting } = node.stores
    this.#expiring = expiring === undefined ? undefined : env.windowStore(expiring)
    this.#lasting = lasting === undefined ? undefined : env.windowStore(lasting)
    this.#unreleased = unreleasedOf(node, env)
    this.#next = next
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { kind, combination } = readChange(asBuffer(record.value), this.#scopes)
    if (kind === 'gone') return
    if (kind === 'there' && this.#passes(combination)) this.#letOut(combination)
    else this.#keepWaiting(combination)
  }

  flush(): void {
    this.#unreleased?.expire()
  }

  #passes(combination: Combination): boolean {
    this.#rows.of(combination)
    return this.#judge.passes(this.#rows.joined.rows)
  }

  #letOut(combination: Combination): void {
    if (!this.#marks(combination, this.#identity)) return
    this.#endWaiting(combination)
    this.#counters.recordsOut.value++
    const out = this.#out
    out.value = this.#rows.joined
    out.timestampMs = timeOf(combination)
    this.#next.process(out)
  }

  #keepWaiting(combination: Combination): void {
    const [driver] = combination
    if (this.#unreleased === undefined || driver === undefined) return
    if (!this.#isMarked(combination, driverAlone)) this.#unreleased.add(driver)
  }

  #endWaiting(combination: Combination): void {
    const [driver] = combination
    if (this.#unreleased === undefined || driver === undefined) return
    if (this.#identity.length === 1 || this.#marks(combination, driverAlone)) this.#unreleased.remove(driver)
  }

  /** @returns false where it was marked already */
  #marks(combination: Combination, scopes: readonly number[]): boolean {
    const { store, key, timeMs } = this.#placeOf(combination, scopes)
    if (store.fetch(key, timeMs) !== undefined) return false
    store.put(key, released, timeMs, timeOf(combination))
    return true
  }

  #isMarked(combination: Combination, scopes: readonly number[]): boolean {
    const { store, key, timeMs } = this.#placeOf(combination, scopes)
    return store.fetch(key, timeMs) !== undefined
  }

  #placeOf(combination: Combination, scopes: readonly number[]) {
    const marked = combination.map((member, scope) => (scopes.includes(scope) ? member : undefined))
    const endMs = this.#lifetimes.endMs(marked)
    const store = endMs === undefined ? this.#lasting : this.#expiring
    assert(store !== undefined, 'a combination has a lifetime that no store is for')
    const timeMs = endMs === undefined ? 0 : expiryTime(endMs, store.retentionMs)
    return { store, key: identityOf(combination, scopes), timeMs }
  }
}

function unreleasedOf(node: ReleaseNode, env: ProcessEnvironment): UnreleasedDrivers | undefined {
  const timeToLiveMs = node.tables[0]?.timeToLiveMs
  if (node.unreleasedStore === undefined || timeToLiveMs === undefined) return undefined
  const expired = env.metrics.counter(
    'weft_expired_unemitted_total',
    "Driver's records of a query that have expired before anything of them went out",
    { node: node.id },
  )
  return new UnreleasedDrivers({
    store: env.store(node.unreleasedStore),
    timeToLiveMs,
    context: env.context,
    expired,
  })
}

const driverAlone: readonly number[] = [0]
const released = Buffer.of(1)
