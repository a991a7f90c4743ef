import type { WindowStore } from '../../store/contracts.ts'
import type { ReleaseNode } from '../../topology/ttl-join-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor } from '../processor.ts'
import { eventScopes, identityOf, timeOf, type Combination, type Member } from './combination.ts'
import { CombinationJudge } from './combination-judge.ts'
import { readChange } from './combination-outlet.ts'
import { CombinationRows } from './combination-rows.ts'
import { asBuffer } from './combination-store.ts'
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
  /** By identity, at the driver's time: what has been let out. Where it is counted, also by the driver alone. */
  readonly #released: WindowStore
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
    this.#released = env.windowStore(node.store)
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
    if (this.#isMarked(combination, scopes)) return false
    const driverMs = timeOfDriver(combination)
    this.#released.put(identityOf(combination, scopes), released, driverMs, driverMs)
    return true
  }

  #isMarked(combination: Combination, scopes: readonly number[]): boolean {
    return this.#released.fetch(identityOf(combination, scopes), timeOfDriver(combination)) !== undefined
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

function timeOfDriver([driver]: readonly (Member | undefined)[]): number {
  return driver?.timestampMs ?? 0
}

const driverAlone: readonly number[] = [0]
const released = Buffer.of(1)
