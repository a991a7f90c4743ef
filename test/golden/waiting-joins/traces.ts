/**
 * What KaflowSQL's users are told of their joins, step by step. A record is its name and its key, `E1 1`: the letter says the topic (E the
 * driver; D, F and N dimensions; X and Y events; K and L what is looked up, with
 * their key as the record key). `E1 1 5`: with a second key. `D1 -`: NULL as its key; `D1 1 ?`: NULL where
 * something is required; `D 1 gone`: a tombstone. `#a`: with the record key `a`. `@`: an hour later.
 */
import type { ModelJoin, ModelQuery, ModelRecord, ModelTable } from './model.ts'

/** A record, and what comes out at once under `immediate` and under `smart`. */
type Step = readonly [input: string, immediate: string, smart: string]

export interface Trace {
  readonly about: string
  readonly query: QueryName
  readonly steps: readonly Step[]
  /** How many of the driver's records are counted, under `smart`, as expired before anything of them went out; absent: none. */
  readonly expiredUnemitted?: number
}

type QueryName =
  | 'one dimension'
  | 'two dimensions'
  | 'two dimensions, one required'
  | 'two dimensions of one key'
  | 'events'
  | 'a dimension that drives'
  | 'a dimension that drives by two keys'
  | 'a dimension that drives by what it was joined with'
  | 'a dimension of a dimension'
  | 'a look-up beside a dimension'
  | 'a look-up by a row of a dimension'
  | 'a dimension by what was looked up'

type MakeQuery = (emission: ModelQuery['emission']) => ModelQuery

const hourMs = 3_600_000
const scopes: Readonly<Record<string, number>> = { E: 0, D: 1, K: 1, X: 1, F: 2, L: 2, N: 2, Y: 2 }

function query(
  joined: readonly (readonly [ModelTable['role'], 'k' | 'm'])[],
  require: readonly number[],
): MakeQuery {
  const tables = [['event', 'k'] as const, ...joined].map(([role], scope) => ({
    topic: `topic${scope}`,
    role,
    ttlMs: hourMs,
  }))
  const joins = joined.map(([, column]): ModelJoin => ({
    type: 'left',
    key: [{ scope: 0, column, own: 'k' }],
    atMost: undefined,
  }))
  return (emission) => ({
    tables,
    joins,
    notOne: undefined,
    emission,
    require: emission === 'smart' ? require : [],
  })
}

export const queries: Readonly<Record<QueryName, MakeQuery>> = {
  'one dimension': query([['dimension', 'k']], [1]),
  'two dimensions': query(
    [
      ['dimension', 'k'],
      ['dimension', 'm'],
    ],
    [1, 2],
  ),
  'two dimensions, one required': query(
    [
      ['dimension', 'k'],
      ['dimension', 'm'],
    ],
    [1],
  ),
  'two dimensions of one key': query(
    [
      ['dimension', 'k'],
      ['dimension', 'k'],
    ],
    [1, 2],
  ),
  events: query([['event', 'k']], [1]),
  'a dimension that drives': driving(query([['event', 'k']], [1])),
  'a dimension that drives by two keys': driving(
    query(
      [
        ['event', 'k'],
        ['event', 'm'],
      ],
      [1, 2],
    ),
  ),
  'a dimension that drives by what it was joined with': driving(
    byJoinedRow(
      query(
        [
          ['event', 'k'],
          ['dimension', 'k'],
        ],
        [1, 2],
      ),
    ),
  ),
  'a look-up beside a dimension': query(
    [
      ['dimension', 'k'],
      ['lookup', 'm'],
    ],
    [1, 2],
  ),
  'a look-up by a row of a dimension': byJoinedRow(
    query(
      [
        ['dimension', 'k'],
        ['lookup', 'k'],
      ],
      [1, 2],
    ),
  ),
  'a dimension by what was looked up': byJoinedRow(
    query(
      [
        ['lookup', 'k'],
        ['dimension', 'k'],
      ],
      [2],
    ),
  ),
  'a dimension of a dimension': byJoinedRow(
    query(
      [
        ['dimension', 'k'],
        ['dimension', 'k'],
      ],
      [1, 2],
    ),
  ),
}

/** The driver is a dimension. */
function driving(make: MakeQuery): MakeQuery {
  return (emission) => {
    const { tables, ...more } = make(emission)
    return {
      ...more,
      tables: tables.map((table, scope) => (scope === 0 ? { ...table, role: 'dimension' } : table)),
    }
  }
}

/** The second join is by the second key of the first one's row. */
function byJoinedRow(make: MakeQuery): MakeQuery {
  return (emission) => {
    const { joins, ...more } = make(emission)
    const second: ModelJoin = { type: 'left', key: [{ scope: 1, column: 'm', own: 'k' }], atMost: undefined }
    return { ...more, joins: [...joins.slice(0, 1), second] }
  }
}

export const traces: readonly Trace[] = [
  {
    about: '1 to 4: an event has the newest row, and keeps it',
    query: 'one dimension',
    steps: [
      ['D1 1', '', ''],
      ['E1 1', 'E1 D1', 'E1 D1'],
      ['E2 1', 'E2 D1', 'E2 D1'],
      ['D2 1', '', ''],
      ['E3 1', 'E3 D2', 'E3 D2'],
    ],
  },
  {
    about: '5 and 6: an event waits for its row',
    query: 'one dimension',
    steps: [
      ['E1 9', 'E1 -', ''],
      ['D1 9', 'E1 D1', 'E1 D1'],
    ],
  },
  {
    about: '7: an event waits for its time-to-live',
    query: 'one dimension',
    steps: [
      ['E1 9', 'E1 -', ''],
      ['D1 9 @', '', ''],
    ],
    expiredUnemitted: 1,
  },
  {
    about: 'an event that had its row is not among those that waited in vain',
    query: 'one dimension',
    steps: [
      ['E1 9', 'E1 -', ''],
      ['E2 8', 'E2 -', ''],
      ['E3 7', 'E3 -', ''],
      ['D1 9', 'E1 D1', 'E1 D1'],
      ['D2 8 @', '', ''],
    ],
    expiredUnemitted: 2,
  },
  {
    about: '8: a row releases all that wait for it',
    query: 'one dimension',
    steps: [
      ['E1 1', 'E1 -', ''],
      ['E2 1', 'E2 -', ''],
      ['D1 1', 'E1 D1, E2 D1', 'E1 D1, E2 D1'],
    ],
  },
  {
    about: '9: NULL is not what is required',
    query: 'one dimension',
    steps: [
      ['D1 1 ?', '', ''],
      ['E1 1', 'E1 D1', ''],
      ['D2 1', '', 'E1 D2'],
    ],
  },
  {
    about: '10: a key that is NULL matches nothing',
    query: 'one dimension',
    steps: [
      ['D1 -', '', ''],
      ['E1 -', 'E1 -', ''],
    ],
  },
  {
    about: '12: a tombstone removes a row',
    query: 'one dimension',
    steps: [
      ['D1 1', '', ''],
      ['D 1 gone', '', ''],
      ['E1 1', 'E1 -', ''],
    ],
  },
  {
    about: '13: rows that are there already',
    query: 'two dimensions',
    steps: [
      ['D1 1', '', ''],
      ['F1 5', '', ''],
      ['E1 1 5', 'E1 D1 F1', 'E1 D1 F1'],
    ],
  },
  {
    about: '14 and 15: one row after the other',
    query: 'two dimensions',
    steps: [
      ['E1 1 5', 'E1 - -', ''],
      ['D1 1', 'E1 D1 -', ''],
      ['F1 5', 'E1 D1 F1', 'E1 D1 F1'],
    ],
  },
  {
    about: '16: what is not required does not hold back, and comes too late',
    query: 'two dimensions, one required',
    steps: [
      ['E1 1 5', 'E1 - -', ''],
      ['D1 1', 'E1 D1 -', 'E1 D1 -'],
      ['F1 5', 'E1 D1 F1', ''],
    ],
  },
  {
    about: 'two joins by one key',
    query: 'two dimensions of one key',
    steps: [
      ['D1 1', '', ''],
      ['N1 1', '', ''],
      ['E1 1', 'E1 D1 N1', 'E1 D1 N1'],
    ],
  },
  {
    about: 'events with events',
    query: 'events',
    steps: [
      ['E1 1', 'E1 -', ''],
      ['X1 1', 'E1 X1', 'E1 X1'],
      ['X2 1', 'E1 X2', 'E1 X2'],
      ['E2 1', 'E2 X1, E2 X2', 'E2 X1, E2 X2'],
    ],
  },
  {
    about: 'a dimension that drives: each version is an event, and takes the place of the one before',
    query: 'a dimension that drives',
    steps: [
      ['E1 1', 'E1 -', ''],
      ['X1 1', 'E1 X1', 'E1 X1'],
      ['E2 1', 'E2 X1', 'E2 X1'],
      ['X2 1 @', 'E2 X2', 'E2 X2'],
      ['E 1 gone', '', ''],
      ['X3 1 @', '', ''],
    ],
  },
  {
    about:
      'a dimension that drives by two keys: a version takes the place of the one of its record key, wherever that waits',
    query: 'a dimension that drives by two keys',
    steps: [
      ['E1 1 5 #a', 'E1 - -', ''],
      ['X1 1', 'E1 X1 -', ''],
      ['Y1 5', 'E1 X1 Y1', 'E1 X1 Y1'],
      ['E2 1 6 #a', 'E2 X1 -', ''],
      ['Y2 6', 'E2 X1 Y2', 'E2 X1 Y2'],
      ['E #a gone', '', ''],
      ['X2 1', '', ''],
    ],
  },
  {
    about:
      'a dimension that drives is joined by columns of an event: a version takes the place of the one before wherever that has come',
    query: 'a dimension that drives by what it was joined with',
    steps: [
      ['E1 1 #a', 'E1 - -', ''],
      ['X1 1 5', 'E1 X1 -', ''],
      ['F1 5', 'E1 X1 F1', 'E1 X1 F1'],
      ['E2 1 #a', 'E2 X1 F1', 'E2 X1 F1'],
      ['E #a gone', '', ''],
      ['X2 1 5', '', ''],
    ],
  },
  {
    about: 'what is looked up serves later events only, and goes with them while they wait',
    query: 'a look-up beside a dimension',
    steps: [
      ['L1 5', '', ''],
      ['E1 1 5', 'E1 - L1', ''],
      ['L2 5', '', ''],
      ['E2 1 5', 'E2 - L2', ''],
      ['D1 1', 'E1 D1 L1, E2 D1 L2', 'E1 D1 L1, E2 D1 L2'],
    ],
  },
  {
    about: 'what was not there when it was looked up does not come later',
    query: 'a look-up beside a dimension',
    steps: [
      ['E1 1 5', 'E1 - -', ''],
      ['L1 5', '', ''],
      ['D1 1', 'E1 D1 -', ''],
      ['L 5 gone', '', ''],
      ['E2 1 5', 'E2 D1 -', ''],
      ['E3 1 5 @', 'E3 D1 -', ''],
    ],
    expiredUnemitted: 2,
  },
  {
    about: 'what is looked up by a joined row is looked up when that comes',
    query: 'a look-up by a row of a dimension',
    steps: [
      ['E1 1', 'E1 - -', ''],
      ['D1 1 5', 'E1 D1 -', ''],
      ['L1 6', '', ''],
      ['D2 1 6', '', 'E1 D2 L1'],
      ['E2 1', 'E2 D2 L1', 'E2 D2 L1'],
    ],
  },
  {
    about: 'a dimension is joined by what was looked up',
    query: 'a dimension by what was looked up',
    steps: [
      ['F1 5', '', ''],
      ['E0 1', 'E0 - -', ''],
      ['K1 1 5', '', ''],
      ['E1 1', 'E1 K1 F1', 'E1 K1 F1'],
      ['K2 1 6', '', ''],
      ['E2 1', 'E2 K2 -', ''],
      ['F2 6', 'E2 K2 F2', 'E2 K2 F2'],
    ],
  },
  {
    about: 'a row that is replaced takes what waits by its key along',
    query: 'a dimension of a dimension',
    steps: [
      ['E1 1', 'E1 - -', ''],
      ['D1 1 5', 'E1 D1 -', ''],
      ['D2 1 6', '', ''],
      ['F1 5', 'E1 D1 F1', ''],
      ['F2 6', '', 'E1 D2 F2'],
    ],
  },
]

/** With a record key that has nothing to do with what is joined, but for tombstones. */
export function recordOf(text: string, index: number): ModelRecord {
  const words = text.split(' ')
  const [name = '', key = '-', ...more] = words
  const scope = scopes[name.charAt(0)] ?? 0
  const timestampMs = more.includes('@') ? hourMs : 0
  const recordKey =
    words.find((word) => word.startsWith('#'))?.slice(1) ?? (/^[KL]/.test(name) ? key : undefined)
  if (more.includes('gone')) return { scope, key: recordKey ?? key, value: null, timestampMs }
  const second = more.find((word) => /^\d+$/.test(word))
  const value = {
    k: key === '-' ? null : Number(key),
    m: second === undefined ? null : Number(second),
    n: more.includes('?') ? null : 7,
    v: name,
  }
  return { scope, key: recordKey ?? `p${index}`, value, timestampMs }
}

/** Every order in which the records can come, those of one topic in theirs. */
export function interleavings(records: readonly ModelRecord[]): readonly (readonly ModelRecord[])[] {
  const topics = [...Map.groupBy(records, ({ scope }) => scope).values()]
  return merge(topics)
}

function merge(topics: readonly (readonly ModelRecord[])[]): readonly (readonly ModelRecord[])[] {
  const open = topics.filter((topic) => topic.length > 0)
  if (open.length === 0) return [[]]
  return open.flatMap(([first, ...rest]) => {
    const others = open.filter((topic) => topic[0] !== first)
    return merge([rest, ...others]).map((order) => (first === undefined ? order : [first, ...order]))
  })
}
