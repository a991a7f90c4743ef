/**
 * The rules of joins that wait, in the simplest way that can be thought of: after each record, every result of every driver's record is
 * computed anew over all that has come. Shares nothing with the operators.
 */
import type { ModelJoin, ModelQuery, ModelRecord, Values } from './model.ts'

interface Seen {
  readonly id: number
  readonly timestampMs: number
  readonly value: Values
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
  readonly #query: ModelQuery
  #drivers: Seen[] = []
  /** By scope. */
  readonly #events: Seen[][]
  readonly #rows: Map<string, Seen>[]
  readonly #emitted = new Set<string>()
  #memory = new Map<string, Memory>()
  #timeMs = -1
  #count = 0

  constructor(query: ModelQuery) {
    this.#query = query
    this.#events = query.tables.map(() => [])
    this.#rows = query.tables.map(() => new Map())
  }

  /** What goes out because of one record. */
  take(record: ModelRecord): readonly Result[] {
    if (!this.#keep(record)) return []
    const memory = new Map<string, Memory>()
    const results = this.#drivers.flatMap((driver, index) => {
      const isNew = record.scope === 0 && index === this.#drivers.length - 1
      return isNew || this.#isLive(driver, 0) ? this.#combine([driver], memory) : []
    })
    this.#memory = memory
    return results.filter((joined) => this.#isNew(joined)).map(resultOf)
  }

  /** @returns false where the record can bring nothing about */
  #keep({ scope, key, value, timestampMs }: ModelRecord): boolean {
    const table = this.#query.tables[scope]
    const own = this.#keyColumns(scope)
    if (value === null && (own.length !== 1 || key === null)) return false
    const keyOf = value === null ? key : textOf(own.map((column) => value[column]))
    if (keyOf === undefined && scope > 0) return false
    this.#timeMs = Math.max(this.#timeMs, timestampMs)
    if (scope === 0 && table?.role === 'dimension')
      this.#drivers = this.#drivers.filter(
        (driver) => keyOf === undefined || this.#keyOfDriver(driver) !== keyOf,
      )
    if (value === null) return this.#rows[scope]?.delete(keyOf ?? '') === true
    const seen = { id: this.#count++, timestampMs, value }
    if (scope === 0) this.#drivers.push(seen)
    else if (table?.role === 'dimension') this.#rows[scope]?.set(keyOf ?? '', seen)
    else this.#events[scope]?.push(seen)
    return true
  }

  #keyColumns(scope: number): readonly ('k' | 'm')[] {
    const { joins, tables } = this.#query
    if (scope > 0) return joins[scope - 1]?.key.map((term) => term.own) ?? []
    return tables[0]?.role === 'dimension' ? (joins[0]?.key.map((term) => term.column) ?? []) : []
  }

  #keyOfDriver({ value }: Seen): string | undefined {
    return textOf(this.#keyColumns(0).map((column) => value[column]))
  }

  #isLive(seen: Seen, scope: number): boolean {
    const table = this.#query.tables[scope]
    return table?.role === 'dimension' || this.#timeMs - seen.timestampMs < (table?.ttlMs ?? 0)
  }

  #combine(joined: Joined, memory: Map<string, Memory>): readonly Joined[] {
    const scope = joined.length
    const join = this.#query.joins[scope - 1]
    if (join === undefined) return [joined]
    return this.#extend(joined, join, memory).flatMap((longer) => this.#combine(longer, memory))
  }

  #extend(joined: Joined, join: ModelJoin, memory: Map<string, Memory>): readonly Joined[] {
    const scope = joined.length
    const padded: readonly Joined[] = join.type === 'left' ? [[...joined, undefined]] : []
    const key = textOf(join.key.map((term) => joined[term.scope]?.value[term.column]))
    if (key === undefined) return padded
    const name = `${scope} ${this.#eventsOf(joined)}`
    const before = this.#memory.get(name)
    const known: Memory = before?.key === key ? { ...before } : { key, matched: false, row: undefined }
    memory.set(name, known)
    const fits = (seen: Seen): boolean => {
      const least = join.atMost === undefined ? 0 : joined[join.atMost]?.value.n
      return join.atMost === undefined || (isNumber(least) && isNumber(seen.value.n) && least <= seen.value.n)
    }
    if (this.#query.tables[scope]?.role === 'dimension') {
      const newest = this.#rows[scope]?.get(key)
      const fitting = newest !== undefined && fits(newest) ? newest : undefined
      known.row = this.#query.emission === 'immediate' ? (known.row ?? fitting) : fitting
      return known.row === undefined ? padded : [[...joined, known.row]]
    }
    const own = join.key.map((term) => term.own)
    const partners = (this.#events[scope] ?? []).filter(
      (seen) =>
        this.#isLive(seen, scope) && textOf(own.map((column) => seen.value[column])) === key && fits(seen),
    )
    if (partners.length > 0) known.matched = true
    return partners.length > 0 ? partners.map((seen) => [...joined, seen]) : known.matched ? [] : padded
  }

  /** An event that came expired is never a partner, so it does no harm that it is among the events. */
  #isNew(joined: Joined): boolean {
    const { emission, notOne, require } = this.#query
    if (notOne !== undefined && !(isNumber(joined[notOne]?.value.n) && joined[notOne]?.value.n !== 1))
      return false
    if (require.some((scope) => !isNumber(joined[scope]?.value.n))) return false
    const name = emission === 'smart' ? this.#eventsOf(joined) : joined.map((seen) => seen?.id).join()
    if (this.#emitted.has(name)) return false
    this.#emitted.add(name)
    return true
  }

  #eventsOf(joined: Joined): string {
    return joined
      .map((seen, scope) => (scope === 0 || this.#query.tables[scope]?.role === 'event' ? seen?.id : ''))
      .join()
  }
}

/** Undefined where a part is NULL. */
function textOf(parts: readonly unknown[]): string | undefined {
  return parts.some((part) => part === null || part === undefined) ? undefined : parts.join()
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

function resultOf(joined: Joined): Result {
  const cells = joined.flatMap((seen, scope) => [
    [`v${scope}`, seen?.value.v ?? null],
    [`n${scope}`, seen?.value.n ?? null],
  ])
  return {
    values: Object.fromEntries(cells) as Readonly<Record<string, unknown>>,
    timestampMs: Math.max(...joined.map((seen) => seen?.timestampMs ?? 0)),
  }
}
