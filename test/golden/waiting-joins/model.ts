/** Queries with joins that wait, as data: made by chance, written out as SQL, and interpreted. */
import type { Random } from '../../../src/base/random.ts'

export type ColumnName = 'k' | 'm' | 'n' | 'v'

/** Whole numbers, but the text `v`, which no two records share. Absent: NULL. */
export type Values = Readonly<Partial<Record<ColumnName, number | string | null>>>

export interface ModelTable {
  readonly topic: string
  readonly role: 'event' | 'dimension'
  readonly ttlMs: number
}

export interface ModelJoin {
  readonly type: 'inner' | 'left'
  /** `own` of the joined table equals `column` of an earlier one. */
  readonly key: readonly { readonly scope: number; readonly column: 'k' | 'm'; readonly own: 'k' | 'm' }[]
  /** Also: `n` of this earlier table is at most `n` of the joined one. */
  readonly atMost: number | undefined
}

export interface ModelQuery {
  /** The driver first. */
  readonly tables: readonly ModelTable[]
  /** One a table behind the driver. */
  readonly joins: readonly ModelJoin[]
  /** WHERE: `n` of this table is not 1; NULL does not pass. */
  readonly notOne: number | undefined
  readonly emission: 'immediate' | 'smart'
  /** Tables whose `n` is required. */
  readonly require: readonly number[]
}

export interface ModelRecord {
  readonly scope: number
  readonly key: string | null
  readonly value: Values | null
  readonly timestampMs: number
}

export function definitionText({ tables, joins, notOne, emission, require }: ModelQuery): string {
  const columns = tables.map((_, scope) => `t${scope}.v AS v${scope}, t${scope}.n AS n${scope}`)
  const from = tables.map(({ topic }, scope) => {
    const join = joins[scope - 1]
    if (join === undefined) return `FROM ${topic} t0`
    const terms = join.key.map(
      ({ scope: earlier, column, own }) => `t${earlier}.${column} = t${scope}.${own}`,
    )
    const also = join.atMost === undefined ? [] : [`t${join.atMost}.n <= t${scope}.n`]
    return `${join.type === 'left' ? 'LEFT JOIN' : 'JOIN'} ${topic} t${scope} ON ${[...terms, ...also].join(' AND ')}`
  })
  const where = notOne === undefined ? [] : [`WHERE t${notOne}.n <> 1`]
  const declared = { columns: { k: 'long', m: 'long', n: 'long', v: 'string' } }
  return JSON.stringify({
    name: 'joined',
    query: [`SELECT ${columns.join(', ')}`, ...from, ...where].join(' '),
    output: { topic: 'out', format: 'json' },
    emission:
      emission === 'smart'
        ? { type: 'smart', require: require.map((scope) => `n${scope}`) }
        : { type: 'immediate' },
    state: {
      events: {
        default_ttl: '1h',
        overrides: Object.fromEntries(
          tables.flatMap(({ topic, role, ttlMs }) => (role === 'event' ? [[topic, `${ttlMs}ms`]] : [])),
        ),
      },
      dimensions: tables.flatMap(({ topic, role }) => (role === 'dimension' ? [topic] : [])),
    },
    topics: Object.fromEntries(tables.map(({ topic }) => [topic, declared])),
  })
}

/** A driver that is a dimension is joined by one key. @param expiring - joins by one key, so that one task sees all time, and records that grow old; else any keys, and none does */
export function randomQuery(random: Random, expiring: boolean): ModelQuery {
  const count = 1 + random.below(3)
  const scopes = Array.from({ length: count + 1 }, (_, scope) => scope)
  const emission = random.below(2) === 0 ? 'immediate' : 'smart'
  const versions = random.below(5) === 0
  const byOneKey: ModelJoin['key'] = [{ scope: 0, column: 'k', own: 'k' }]
  const ttlMs = (): number => (expiring ? 5 + random.below(30) : 1_000_000)
  return {
    tables: scopes.map((scope) => ({
      topic: `topic${scope}`,
      role: (scope === 0 ? versions : random.below(2) === 0) ? 'dimension' : 'event',
      ttlMs: ttlMs(),
    })),
    joins: scopes.slice(1).map((scope) => ({
      type: random.below(3) === 0 ? 'inner' : 'left',
      key: expiring || versions ? byOneKey : randomKey(random, scope),
      atMost: random.below(4) === 0 ? random.below(scope) : undefined,
    })),
    notOne: random.below(4) === 0 ? random.below(count + 1) : undefined,
    emission,
    require: emission === 'smart' ? scopes.filter(() => random.below(3) === 0) : [],
  }
}

function randomKey(random: Random, scope: number): ModelJoin['key'] {
  const term = (own: 'k' | 'm') =>
    ({ scope: random.below(scope), column: random.below(2) === 0 ? 'k' : 'm', own }) as const
  return random.below(5) === 0 ? [term('k'), term('m')] : [term(random.below(2) === 0 ? 'k' : 'm')]
}

export function randomRecords(random: Random, { tables, joins }: ModelQuery): readonly ModelRecord[] {
  let timeMs = 100
  return Array.from({ length: 6 + random.below(20) }, (_, index) => {
    const scope = random.below(tables.length)
    timeMs += random.below(6)
    const number = (): number | null => (random.below(8) === 0 ? null : random.below(3))
    const value = { k: number(), m: number(), n: number(), v: `r${index}` }
    const own = joins[scope - 1]?.key[0]?.own ?? 'k'
    const key = value[own] === null ? null : String(value[own])
    const removes = tables[scope]?.role === 'dimension' && random.below(6) === 0
    return { scope, key, value: removes ? null : value, timestampMs: Math.max(0, timeMs - random.below(12)) }
  })
}
