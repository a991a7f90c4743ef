/** Queries with joins that wait, as data: made by chance, written out as SQL, and interpreted. */
import type { Random } from '../../../src/base/random.ts'

export type ColumnName = 'k' | 'm' | 'n' | 'v'

/** Whole numbers, but the text `v`, which no two records share. Absent: NULL. */
export type Values = Readonly<Partial<Record<ColumnName, number | string | null>>>

export interface ModelTable {
  readonly topic: string
  readonly role: 'event' | 'dimension' | 'lookup'
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
      dimensions: tables.flatMap(({ topic, role }) =>
        role === 'event' ? [] : [role === 'lookup' ? { topic, join: 'lookup' } : topic],
      ),
    },
    topics: Object.fromEntries(tables.map(({ topic }) => [topic, declared])),
  })
}

/** @param expiring - joins by one key, so that one task sees all time, and records that grow old; else any keys, and none does */
export function randomQuery(random: Random, expiring: boolean): ModelQuery {
  const count = 1 + random.below(3)
  const scopes = Array.from({ length: count + 1 }, (_, scope) => scope)
  const emission = random.below(2) === 0 ? 'immediate' : 'smart'
  const roles = scopes.map((scope) => randomRole(random, scope))
  // One join at least waits.
  if (roles.slice(1).every((role) => role === 'lookup')) roles[count] = 'event'
  const tables = roles.map((role, scope): ModelTable => {
    const ttlMs = expiring ? 5 + random.below(30) : 1_000_000
    return { topic: `topic${scope}`, role, ttlMs }
  })
  return {
    tables,
    joins: randomJoins(random, { tables, emission }, expiring),
    notOne: random.below(4) === 0 ? random.below(count + 1) : undefined,
    emission,
    require: emission === 'smart' ? scopes.filter(() => random.below(3) === 0) : [],
  }
}

function randomRole(random: Random, scope: number): ModelTable['role'] {
  if (scope === 0) return random.below(5) === 0 ? 'dimension' : 'event'
  const choice = random.below(5)
  return choice === 0 ? 'lookup' : choice < 3 ? 'dimension' : 'event'
}

function randomJoins(
  random: Random,
  { tables, emission }: Pick<ModelQuery, 'tables' | 'emission'>,
  expiring: boolean,
): readonly ModelJoin[] {
  const isDimension = (scope: number): boolean => tables[scope]?.role === 'dimension'
  const joins: ModelJoin[] = []
  for (const [index, { role }] of tables.slice(1).entries()) {
    const scope = index + 1
    const { brought, late } = lookUpTimes({ tables, joins })
    const before = [...tables.keys()].slice(0, scope)
    const readable = role === 'lookup' ? before : before.filter((earlier) => !late.has(earlier))
    // Under immediate, a driving dimension is not moved to where a dimension is joined behind.
    const stays =
      emission === 'immediate' &&
      isDimension(0) &&
      tables.slice(scope + 1).some((_, at) => isDimension(scope + 1 + at))
    const keyed =
      role !== 'lookup' && stays ? readable.filter((one) => brought.has(one) || !isDimension(one)) : readable
    joins.push({
      type: random.below(3) === 0 ? 'inner' : 'left',
      key: expiring && role !== 'lookup' ? byOneKey : randomKey(random, keyed),
      atMost: random.below(4) === 0 ? pick(random, readable) : undefined,
    })
  }
  return joins
}

const byOneKey: ModelJoin['key'] = [{ scope: 0, column: 'k', own: 'k' }]

function randomKey(random: Random, scopes: readonly number[]): ModelJoin['key'] {
  const term = (own: 'k' | 'm') =>
    ({ scope: pick(random, scopes), column: random.below(2) === 0 ? 'k' : 'm', own }) as const
  return random.below(5) === 0 ? [term('k'), term('m')] : [term(random.below(2) === 0 ? 'k' : 'm')]
}

function pick<T>(random: Random, among: readonly T[]): T {
  return among[random.below(among.length)] as T
}

/**
 * Look-ups by what the driver brings, which is its own row and what was looked up by that, and the others: those are looked up when a
 * combination is judged.
 */
export function lookUpTimes({ tables, joins }: Pick<ModelQuery, 'tables' | 'joins'>): {
  readonly brought: ReadonlySet<number>
  readonly late: ReadonlySet<number>
} {
  const [brought, late] = [new Set([0]), new Set<number>()]
  for (const [index, { key, atMost = 0 }] of joins.entries()) {
    if (tables[index + 1]?.role !== 'lookup') continue
    const early = [...key.map(({ scope }) => scope), atMost].every((scope) => brought.has(scope))
    ;(early ? brought : late).add(index + 1)
  }
  return { brought, late }
}

/** The columns whose values tell the versions of a driving dimension apart; undefined: the record key does. */
export function versionColumns({ tables, joins }: ModelQuery): readonly ('k' | 'm')[] | undefined {
  const keys = joins.filter((_, index) => tables[index + 1]?.role !== 'lookup').map(({ key }) => key)
  const [first = []] = keys
  const places = (key: ModelJoin['key']): string =>
    key.map(({ scope, column }) => `${scope} ${column}`).join()
  const one = keys.every((key) => places(key) === places(first)) && first.every(({ scope }) => scope === 0)
  return one ? first.map(({ column }) => column) : undefined
}

export function randomRecords(random: Random, query: ModelQuery): readonly ModelRecord[] {
  const { tables, joins } = query
  const columns = versionColumns(query)
  let timeMs = 100
  return Array.from({ length: 6 + random.below(20) }, (_, index) => {
    const scope = random.below(tables.length)
    timeMs += random.below(6)
    const number = (): number | null => (random.below(8) === 0 ? null : random.below(3))
    const value = { k: number(), m: number(), n: number(), v: `r${index}` }
    const own = scope === 0 ? columns?.[0] : (joins[scope - 1]?.key[0]?.own ?? 'k')
    const keyed = own === undefined ? number() : value[own]
    const removes = tables[scope]?.role !== 'event' && random.below(6) === 0
    const key = keyed === null ? null : String(keyed)
    return { scope, key, value: removes ? null : value, timestampMs: Math.max(0, timeMs - random.below(12)) }
  })
}
