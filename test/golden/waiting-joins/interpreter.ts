/**
 * The rules of joins that wait, in the simplest way that can be thought of: after each record, every result of every driver's record is
 * computed anew over all that has come. Shares nothing with the operators.
 */
import {
  lookUpTimes,
  versionColumns,
  type ModelJoin,
  type ModelQuery,
  type ModelRecord,
  type Values,
} from './model.ts'

interface Seen {
  readonly id: number
  readonly timestampMs: number
  readonly value: Values
}

interface Driver extends Seen {
  /** What tells versions of a dimension apart. */
  readonly version: string | undefined
  /** By scope: what was looked up for it when it came. */
  readonly brought: ReadonlyMap<number, Seen | undefined>
  emitted: boolean
}

type Joined = readonly (Seen | undefined)[]

/** What is known of a combination at a join, as long as it is there under the same key. */
interface Memory {
  readonly key: string
  matched: boolean
  row: Seen | undefined
}

export interface Result {
  readonly values: Readonly<Record<string, unknown>>
  readonly timestampMs: number
}

export class Interpreter {
  /** How many drivers' records have expired before anything of them went out. */
  expiredUnemitted = 0
  readonly #query: ModelQuery
  readonly #late: ReadonlySet<number>
  readonly #brought: ReadonlySet<number>
  #drivers: Driver[] = []
  /** By scope. */
  readonly #events: Seen[][]
  readonly #rows: Map<string, Seen>[]
  readonly #emitted = new Set<string>()
  #memory = new Map<string, Memory>()
  /** The combinations that there are. */
  #judged = new Set<string>()
  #timeMs = -1
  #count = 0

  constructor(query: ModelQuery) {
    const { brought, late } = lookUpTimes(query)
    this.#query = query
    this.#brought = brought
    this.#late = late
    this.#events = query.tables.map(() => [])
    this.#rows = query.tables.map(() => new Map())
  }

  /** What goes out because of one record. */
  take(record: ModelRecord): readonly Result[] {
    const isLookUp = this.#query.tables[record.scope]?.role === 'lookup'
    if (isLookUp) this.#load(record)
    const results = isLookUp || !this.#keep(record) ? [] : this.#resultsOf(record)
    this.#expire()
    return results.map((joined) => this.#resultOf(joined))
  }

  #resultsOf(record: ModelRecord): readonly Joined[] {
    const memory = new Map<string, Memory>()
    const judged = new Set<string>()
    const results: Joined[] = []
    for (const [index, driver] of this.#drivers.entries()) {
      const isNew = record.scope === 0 && index === this.#drivers.length - 1
      if (!isNew && !this.#isLive(driver, 0)) continue
      const released = this.#combine([driver], memory).flatMap((joined) => this.#release(joined, judged))
      if (released.length > 0) driver.emitted = true
      results.push(...released)
    }
    this.#memory = memory
    this.#judged = judged
    return results
  }

  /** A row for each record key. */
  #load({ scope, key, value }: ModelRecord): void {
    if (key !== null) this.#rows[scope]?.delete(key)
    const own = this.#query.joins[scope - 1]?.key.map((term) => value?.[term.own]) ?? []
    if (key !== null && value !== null && textOf(own) !== undefined)
      this.#rows[scope]?.set(key, { id: this.#count++, timestampMs: 0, value })
  }

  /** @returns false where the record can bring nothing about */
  #keep(record: ModelRecord): boolean {
    if (record.scope === 0) return this.#keepDriver(record)
    const { scope, key, value, timestampMs } = record
    const own = this.#query.joins[scope - 1]?.key.map((term) => term.own) ?? []
    if (value === null && (own.length !== 1 || key === null)) return false
    const keyOf = value === null ? key : textOf(own.map((column) => value[column]))
    if (keyOf === undefined) return false
    this.#timeMs = Math.max(this.#timeMs, timestampMs)
    if (value === null) return this.#rows[scope]?.delete(keyOf ?? '') === true
    const seen = { id: this.#count++, timestampMs, value }
    if (this.#query.tables[scope]?.role === 'dimension') this.#rows[scope]?.set(keyOf ?? '', seen)
    else this.#events[scope]?.push(seen)
    return true
  }

  #keepDriver({ key, value, timestampMs }: ModelRecord): boolean {
    const columns = versionColumns(this.#query)
    const isDimension = this.#query.tables[0]?.role === 'dimension'
    if (isDimension && columns === undefined && key === null) return false
    // A record key stands for one column.
    if (value === null && (!isDimension || key === null || new Set(columns).size > 1)) return false
    const version =
      columns === undefined
        ? (key ?? undefined)
        : textOf(columns.map((column) => (value === null ? key : value[column])))
    const before = this.#drivers.length
    if (isDimension && version !== undefined)
      this.#drivers = this.#drivers.filter((driver) => driver.version !== version)
    const driver = value === null ? undefined : this.#newDriver(value, version, timestampMs)
    if (driver !== undefined || (isDimension && columns !== undefined && version !== undefined))
      this.#timeMs = Math.max(this.#timeMs, timestampMs)
    if (driver !== undefined) this.#drivers.push(driver)
    return driver !== undefined || this.#drivers.length < before
  }

  /** Undefined where it cannot come to anything. */
  #newDriver(value: Values, version: string | undefined, timestampMs: number): Driver | undefined {
    const { joins, notOne } = this.#query
    const joined: (Seen | undefined)[] = [{ id: this.#count++, timestampMs, value }]
    for (const scope of [...this.#brought].filter((one) => one > 0)) {
      joined[scope] = this.#lookUp(joined, scope)
      if (joined[scope] === undefined && joins[scope - 1]?.type === 'inner') return undefined
    }
    if (notOne !== undefined && this.#brought.has(notOne) && !isNotOne(joined[notOne])) return undefined
    const [own] = joined
    return own && { ...own, version, brought: new Map(joined.entries()), emitted: false }
  }

  #lookUp(joined: Joined, scope: number): Seen | undefined {
    const join = this.#query.joins[scope - 1]
    const key = textOf(join?.key.map((term) => joined[term.scope]?.value[term.column]) ?? [])
    if (join === undefined || key === undefined) return undefined
    const own = join.key.map((term) => term.own)
    const found = [...(this.#rows[scope]?.values() ?? [])].find(
      ({ value }) => textOf(own.map((column) => value[column])) === key,
    )
    return found !== undefined && fits(join, joined, found) ? found : undefined
  }

  #expire(): void {
    const expired = this.#drivers.filter((driver) => !this.#isLive(driver, 0))
    this.#drivers = this.#drivers.filter((driver) => this.#isLive(driver, 0))
    this.expiredUnemitted += expired.filter((driver) => !driver.emitted).length
  }

  #isLive(seen: Seen, scope: number): boolean {
    const table = this.#query.tables[scope]
    return table?.role !== 'event' || this.#timeMs - seen.timestampMs < table.ttlMs
  }

  #combine(joined: Joined, memory: Map<string, Memory>): readonly Joined[] {
    const scope = joined.length
    const join = this.#query.joins[scope - 1]
    if (join === undefined) return [joined]
    return this.#extend(joined, join, memory).flatMap((longer) => this.#combine(longer, memory))
  }

  #extend(joined: Joined, join: ModelJoin, memory: Map<string, Memory>): readonly Joined[] {
    const scope = joined.length
    const role = this.#query.tables[scope]?.role
    if (role === 'lookup') return [[...joined, (joined[0] as Driver).brought.get(scope)]]
    const padded: readonly Joined[] = join.type === 'left' ? [[...joined, undefined]] : []
    const key = textOf(join.key.map((term) => joined[term.scope]?.value[term.column]))
    if (key === undefined) return padded
    const name = `${scope} ${this.#eventsOf(joined)}`
    const before = this.#memory.get(name)
    const known: Memory = before?.key === key ? { ...before } : { key, matched: false, row: undefined }
    memory.set(name, known)
    if (role === 'dimension') {
      const newest = this.#rows[scope]?.get(key)
      const fitting = newest !== undefined && fits(join, joined, newest) ? newest : undefined
      known.row = this.#query.emission === 'immediate' ? (known.row ?? fitting) : fitting
      return known.row === undefined ? padded : [[...joined, known.row]]
    }
    const own = join.key.map((term) => term.own)
    const partners = (this.#events[scope] ?? []).filter(
      (seen) =>
        this.#isLive(seen, scope) &&
        textOf(own.map((column) => seen.value[column])) === key &&
        fits(join, joined, seen),
    )
    if (partners.length > 0) known.matched = true
    return partners.length > 0 ? partners.map((seen) => [...joined, seen]) : known.matched ? [] : padded
  }

  /**
   * Judged where it was not there before: what is looked up then may be found later, but nobody looks again. An event that came expired is
   * never a partner, so it does no harm that it is among the events.
   */
  #release(joined: Joined, judged: Set<string>): readonly Joined[] {
    const { emission, notOne, require, joins } = this.#query
    const rows = this.#rowsOf(joined)
    judged.add(rows)
    if (this.#judged.has(rows)) return []
    const whole = [...joined]
    for (const scope of this.#late) {
      whole[scope] = this.#lookUp(whole, scope)
      if (whole[scope] === undefined && joins[scope - 1]?.type === 'inner') return []
    }
    if (notOne !== undefined && !isNotOne(whole[notOne])) return []
    if (require.some((scope) => !isNumber(whole[scope]?.value.n))) return []
    const name = emission === 'smart' ? this.#eventsOf(joined) : rows
    if (this.#emitted.has(name)) return []
    this.#emitted.add(name)
    return [whole]
  }

  #rowsOf(joined: Joined): string {
    return joined.map((seen, scope) => (this.#query.tables[scope]?.role === 'lookup' ? '' : seen?.id)).join()
  }

  #eventsOf(joined: Joined): string {
    return joined
      .map((seen, scope) => (scope === 0 || this.#query.tables[scope]?.role === 'event' ? seen?.id : ''))
      .join()
  }

  #resultOf(joined: Joined): Result {
    const cells = joined.flatMap((seen, scope) => [
      [`v${scope}`, seen?.value.v ?? null],
      [`n${scope}`, seen?.value.n ?? null],
    ])
    return {
      values: Object.fromEntries(cells) as Readonly<Record<string, unknown>>,
      timestampMs: Math.max(...joined.map((seen) => seen?.timestampMs ?? 0)),
    }
  }
}

/** Whether the rest of a join's condition holds. */
function fits({ atMost }: ModelJoin, joined: Joined, seen: Seen): boolean {
  if (atMost === undefined) return true
  const least = joined[atMost]?.value.n
  return isNumber(least) && isNumber(seen.value.n) && least <= seen.value.n
}

/** WHERE. */
function isNotOne(seen: Seen | undefined): boolean {
  return isNumber(seen?.value.n) && seen?.value.n !== 1
}

/** Undefined where a part is NULL. */
function textOf(parts: readonly unknown[]): string | undefined {
  return parts.some((part) => part === null || part === undefined) ? undefined : parts.join()
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}
