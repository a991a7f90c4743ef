import type { Plan } from './plan.ts'
import { PlanBuilder } from './plan-builder.ts'

/** Plans of one kind, by seed. */
type Family = (seed: number) => Plan

export const families: Readonly<Record<string, Family>> = {
  streams: (seed) => {
    const plan = new PlanBuilder(seed)
    const streams = [plan.stream(), plan.stream()]
    for (let left = 2 + plan.below(5); left > 0; left--) streams.push(streamStep(plan, streams))
    for (const stream of new Set(streams.slice(-3))) plan.to(stream)
    return plan.finish(10)
  },
  tables: (seed) => {
    const plan = new PlanBuilder(seed)
    const tables = [plan.table(), plan.add('to-table', { in: plan.stream(), ...plan.namedStore() })]
    for (let left = 2 + plan.below(4); left > 0; left--) tables.push(tableStep(plan, tables))
    for (const table of new Set(tables.slice(-3))) plan.tableTo(table)
    return plan.finish(10)
  },
  aggregates: (seed) => {
    const plan = new PlanBuilder(seed)
    const group = plan.chance(0.5) ? streamGroup(plan) : tableGroup(plan)
    for (let left = 1 + plan.below(2); left > 0; left--) fold(plan, group)
    return plan.finish(10)
  },
  // In one task: Kafka Streams' driver has one time for all that there are.
  punctuators: (seed) => {
    const plan = new PlanBuilder(seed)
    const streams = [plan.stream(), plan.stream()]
    const merged = [plan.add('merge', { in: streams[0], with: streams[1] })]
    for (let left = plan.below(4); left > 0; left--) merged.push(plainStep(plan, plan.pick(merged)))
    const ticks = plan.add('punctuate', { in: plan.pick(merged), everyMs: 1 + plan.below(40) })
    plan.to(plan.chance(0.5) ? plainStep(plan, ticks) : ticks)
    return plan.finish(10)
  },
  'foreign-key joins': foreignKeys,
  'stream-table joins': lookUps,
  'global joins': globalJoins,
  windows: windowed,
  cogroups: cogrouped,
  suppress: suppressed,
  rewrites,
  'stream joins': (seed) => {
    const plan = new PlanBuilder(seed)
    const rekeyed = (stream: string): string =>
      plan.chance(0.2) ? plan.add('select-key', { in: stream, fn: 'first' }) : stream
    const [left, right] = [rekeyed(plan.stream()), rekeyed(plan.stream())]
    const beforeMs = plan.pick([0, 5, 20, 50])
    // Stores on disk take a second to open: few plans have them, and only those have null values, which the others take for time.
    const persistent = seed % 50 === 0
    const joined = plan.add('stream-join', {
      in: left,
      with: right,
      type: plan.pick(['inner', 'left', 'outer']),
      fn: plan.pick(['plus', 'picky']),
      beforeMs,
      afterMs: plan.chance(0.5) ? beforeMs : plan.pick([0, 3, 30]),
      graceMs: plan.pick([0, 0, 5, 30]),
      persistent,
    })
    plan.to(plan.chance(0.3) ? streamStep(plan, [joined]) : joined)
    return plan.finish(10, persistent ? 0.12 : 0)
  },
}

/**
 * Foreign-key joins of tables that are read or derived, also of a table with itself, and of the results of such joins. No table meets another
 * one by two ways that both lead through internal topics: which of two records of one time comes first there is left open.
 */
function foreignKeys(seed: number): Plan {
  const plan = new PlanBuilder(seed)
  // Topics are declared before anything is done with them.
  const tables = [plan.table(), plan.table()]
  const made = (): string => plan.add('to-table', { in: plan.stream(), ...plan.namedStore() })
  tables.splice(plan.below(3), 0, plan.chance(0.5) ? plan.table() : made())
  const fresh = (): string => {
    const table = tables.pop() as string
    return plan.chance(0.3) ? tableStep(plan, [table]) : table
  }
  const join = (left: string, right: string): string =>
    plan.add('foreign-key-join', {
      in: left,
      with: right,
      type: plan.pick(['inner', 'left']),
      fn: plan.pick(['plus', 'picky']),
      withKey: plan.chance(0.3),
      ...plan.namedStore(),
    })
  const left = fresh()
  let joined = join(left, plan.chance(0.15) ? left : fresh())
  if (plan.chance(0.3)) plan.tableTo(joined)
  if (plan.chance(0.4)) joined = tableStep(plan, [joined])
  if (plan.chance(0.3)) joined = plan.chance(0.5) ? join(joined, fresh()) : join(fresh(), joined)
  plan.tableTo(joined)
  return plan.finish(10)
}

/** Joins of a stream with a table, which may keep versions; then also with grace. Now and then table operators on versions. */
function lookUps(seed: number): Plan {
  const plan = new PlanBuilder(seed)
  const stream = plan.stream()
  const historyMs = plan.pick([undefined, 30, 100, 1000])
  const read = historyMs === undefined ? plan.table() : plan.table({ historyMs })
  const other = plan.table()
  const derived = plan.chance(0.4)
    ? plan.chance(0.5)
      ? plan.add('table-map-values', { in: read, fn: plan.pick(['mark', 'pair', 'short']) })
      : plan.add('table-filter', { in: read, fn: plan.pick(['odd', 'low']) })
    : read
  const rekeyed = plan.chance(0.2) ? plan.add('select-key', { in: stream, fn: 'first' }) : stream
  // Kafka Streams fails for a null key that would have to wait.
  const wait =
    historyMs !== undefined && plan.chance(0.6)
      ? { graceMs: Math.min(historyMs, plan.pick([0, 5, 30, 80])) }
      : {}
  const joined = plan.add('stream-table-join', {
    in: 'graceMs' in wait ? plan.add('filter', { in: rekeyed, fn: 'low' }) : rekeyed,
    with: derived,
    type: plan.pick(['inner', 'left']),
    fn: plan.pick(['plus', 'picky']),
    ...wait,
  })
  plan.to(joined)
  plan.tableTo(plan.chance(0.5) ? tableStep(plan, [derived, other]) : derived)
  const finished = plan.finish(10)
  return historyMs === undefined ? finished : { ...finished, records: withoutForgotten(finished.records) }
}

/** Joins of streams with a global table, in a row, with keys to look up that are null now and then. */
function globalJoins(seed: number): Plan {
  const plan = new PlanBuilder(seed)
  const streams = [plan.stream()]
  const table = plan.globalTable()
  for (let left = 1 + plan.below(3); left > 0; left--) {
    const stream = plan.chance(0.4) ? streamStep(plan, streams) : plan.pick(streams)
    const [type, fn] = [plan.pick(['inner', 'left']), plan.pick(['plus', 'picky'])]
    streams.push(plan.add('global-join', { in: stream, with: table, type, fn }))
  }
  for (const stream of new Set(streams.slice(-2))) plan.to(stream)
  return plan.finish(10)
}

/** Kafka Streams forgets when a version was deleted, where the tombstone has the version's own time: older ones then come back. */
function withoutForgotten(records: Plan['records']): Plan['records'] {
  const timed = new Set<string>()
  return records.filter(({ topic, key, value, timestampMs }) => {
    const version = JSON.stringify([topic, key, timestampMs])
    const forgotten = value === null && timed.has(version)
    timed.add(version)
    return !forgotten
  })
}

/** What rewrites are for: several groups, tables and joins behind new keys, with and without something between; joins of a stream with itself. */
function rewrites(seed: number): Plan {
  const plan = new PlanBuilder(seed, false)
  const [first, second] = [plan.stream(), plan.stream()]
  const rekeyed = (stream: string): string =>
    plan.add('select-key', { in: stream, fn: plan.pick(['last', 'first']) })
  const streams = [rekeyed(first)]
  if (plan.chance(0.5)) streams.push(rekeyed(second))
  // What has a topic for each side may come by either first, and values that are null tell join stores in memory the time.
  const joinable = [...streams]
  if (plan.chance(0.3)) streams.push(plan.add('map', { in: second, fn: 'swap' }))
  for (let left = plan.below(3); left > 0; left--) streams.push(streamStep(plan, streams))
  for (let left = 1 + plan.below(3); left > 0; left--) {
    const stream = plan.pick(streams)
    if (plan.chance(0.25)) selfJoin(plan, plan.pick(joinable))
    else if (plan.chance(0.3)) plan.tableTo(plan.add('to-table', { in: stream, ...plan.store() }))
    else fold(plan, { id: plan.add('group-by-key', { in: stream }), table: false })
  }
  if (plan.chance(0.2)) selfJoin(plan, first)
  return { ...plan.finish(10, 0), optimized: true }
}

function selfJoin(plan: PlanBuilder, stream: string): void {
  const beforeMs = plan.pick([0, 5, 20, 50])
  const joined = plan.add('stream-join', {
    in: stream,
    with: stream,
    type: plan.pick(['inner', 'inner', 'left', 'outer']),
    fn: plan.pick(['plus', 'picky']),
    beforeMs,
    afterMs: plan.chance(0.5) ? beforeMs : plan.pick([0, 3, 30]),
    graceMs: plan.pick([0, 0, 5, 30]),
  })
  plan.to(joined)
}

/** Windows of all kinds, one or two aggregates on them, and now and then table operators behind. */
function windowed(seed: number): Plan {
  const plan = new PlanBuilder(seed)
  const { id } = streamGroup(plan)
  const cogrouped = plan.chance(0.2)
  const group = cogrouped ? plan.add('cogroup', { in: id, fn: plan.pick(['append', 'appendUntilX']) }) : id
  const graceMs = plan.pick([0, 0, 5, 30])
  const emit = !cogrouped && plan.chance(0.3) ? { emit: 'close' } : {}
  const windows = plan.chance(0.35)
    ? sessionWindows(plan, { in: group, graceMs, ...emit })
    : timeWindows(plan, { in: group, graceMs, ...emit })
  const op = cogrouped ? 'aggregate' : plan.pick(['count', 'reduce', 'aggregate'])
  const { kind, sizeMs, retentionMs } = windows
  const caching = !('emit' in emit) && plan.chance(0.3)
  // What a cache still shows of windows that the store has let go depends on when it was emptied, and those that have closed Kafka Streams
  // tells of only where its store still has them: nothing to compare with.
  const spareMs = caching || 'emit' in emit ? 10_000 : plan.pick([0, 0, 40])
  const store = { ...plan.store(), kind, sizeMs, caching, retentionMs: retentionMs + spareMs }
  const fn = plan.pick(['append', 'appendUntilX'])
  const folded = plan.add(op, { in: windows.id, fn, cogrouped, ...store })
  plan.to(plan.add('to-stream-windowed', { in: folded }), op === 'count' ? 'long' : 'string')
  return plan.finish(12)
}

/** One group to three, each of a topic of its own, folded into the same values, also by windows of all kinds. */
function cogrouped(seed: number): Plan {
  const plan = new PlanBuilder(seed)
  const fn = (): string => plan.pick(['append', 'appendUntilX', 'take'])
  // All groups are made first: pipelines stand in the order of operations.
  const [first, ...others] = Array.from({ length: 1 + plan.below(3) }, () => streamGroup(plan).id)
  let group = plan.add('cogroup', { in: first, fn: fn() })
  for (const other of others) group = plan.add('cogroup', { in: group, with: other, fn: fn() })
  if (plan.chance(0.4)) {
    const folded = plan.add('aggregate', { in: group, cogrouped: true, fn: 'append', ...plan.store() })
    // No filter: Kafka Streams may take the table for a versioned one there, and sends tombstones of rows that never were.
    const mapped = (): string =>
      plan.add('table-map-values', { in: folded, fn: 'pair', ...plan.maybeStore() })
    plan.tableTo(plan.chance(0.5) ? mapped() : folded)
    if (plan.chance(0.5))
      plan.tableTo(plan.add('to-table', { in: plan.add('to-stream', { in: folded }), ...plan.namedStore() }))
    return plan.finish(10)
  }
  const fields = { in: group, graceMs: plan.pick([0, 0, 5, 30]) }
  const windows = plan.chance(0.4) ? sessionWindows(plan, fields) : timeWindows(plan, fields)
  const { kind, sizeMs, retentionMs } = windows
  const caching = plan.chance(0.3)
  // As for windows of one group.
  const spareMs = caching ? 10_000 : plan.pick([0, 0, 40])
  const store = { ...plan.store(), kind, sizeMs, caching, retentionMs: retentionMs + spareMs }
  const folded = plan.add('aggregate', { in: windows.id, cogrouped: true, fn: 'append', ...store })
  const results = plan.add('to-stream-windowed', { in: folded })
  plan.to(results)
  if (plan.chance(0.5)) plan.tableTo(plan.add('to-table', { in: results, ...plan.namedStore() }))
  return plan.finish(12)
}

/** Changes held back: final values of windows, or a time limit with and without bounds of the buffer. */
function suppressed(seed: number): Plan {
  const plan = new PlanBuilder(seed)
  if (plan.chance(0.5)) {
    const { id } = streamGroup(plan)
    const graceMs = plan.pick([0, 5, 30])
    const windows = plan.chance(0.3)
      ? sessionWindows(plan, { in: id, graceMs })
      : timeWindows(plan, { in: id, graceMs })
    const { kind, sizeMs, retentionMs } = windows
    const store = { store: 'windows', kind, sizeMs, retentionMs: retentionMs + 40 }
    const counted = plan.add('count', { in: windows.id, ...store })
    const final = plan.add('suppress', { in: counted, until: 'close' })
    plan.to(plan.add('to-stream-windowed', { in: final }), 'long')
    return plan.finish(12)
  }
  const table = plan.chance(0.5) ? plan.table() : tableStep(plan, [plan.table()])
  const limit = plan.add('suppress', {
    in: table,
    until: 'limit',
    durationMs: plan.pick([0, 10, 40, 100]),
    ...(plan.chance(0.4) ? { maxRecords: 1 + plan.below(3) } : {}),
    ...(plan.chance(0.2) ? { maxBytes: 60 + plan.below(200) } : {}),
  })
  plan.tableTo(plan.chance(0.3) ? tableStep(plan, [limit, table]) : limit)
  return plan.finish(10)
}

interface WindowsOfPlan {
  readonly id: string
  readonly kind: 'window' | 'session'
  readonly sizeMs: number
  /** How long they take records. */
  readonly retentionMs: number
}

type WindowFields = Readonly<Record<string, unknown>> & { readonly graceMs: number }

function timeWindows(plan: PlanBuilder, fields: WindowFields): WindowsOfPlan {
  const { graceMs } = fields
  const sizeMs = plan.pick([5, 20, 60])
  if (plan.chance(0.4)) {
    const id = plan.add('window', { type: 'sliding', sizeMs, ...fields })
    return { id, kind: 'window', sizeMs, retentionMs: 2 * sizeMs + graceMs }
  }
  const advanceMs = plan.pick([sizeMs, Math.ceil(sizeMs / 3), Math.ceil(sizeMs / 2)])
  const type = advanceMs === sizeMs ? 'tumbling' : 'hopping'
  const id = plan.add('window', { type, sizeMs, advanceMs, ...fields })
  return { id, kind: 'window', sizeMs, retentionMs: sizeMs + graceMs }
}

function sessionWindows(plan: PlanBuilder, fields: WindowFields): WindowsOfPlan {
  const gapMs = plan.pick([3, 10, 30])
  const id = plan.add('session', { gapMs, ...fields })
  return { id, kind: 'session', sizeMs: gapMs, retentionMs: gapMs + fields.graceMs }
}

const streamSteps: Readonly<Record<string, readonly string[]>> = {
  filter: ['odd', 'low'],
  'select-key': ['last', 'first'],
  'map-values': ['mark', 'pair', 'short'],
  map: ['swap'],
  'flat-map': ['both'],
  'flat-map-values': ['letters'],
}

function streamStep(plan: PlanBuilder, streams: readonly string[]): string {
  const input = plan.pick(streams)
  if (plan.chance(0.12)) {
    const other = plan.pick(streams)
    const open = plan.isBehindTopic(input) && plan.isBehindTopic(other)
    return plan.add('merge', { in: input, with: open ? input : other })
  }
  if (plan.chance(0.12)) return plan.add('repartition', { in: input })
  if (plan.chance(0.12)) {
    const split = plan.add('split', { in: input, fns: ['odd', 'low', null].slice(0, 1 + plan.below(3)) })
    return `${split}0`
  }
  return plainStep(plan, input)
}

function plainStep(plan: PlanBuilder, input: string): string {
  const op = plan.pick(Object.keys(streamSteps))
  const not = op === 'filter' && plan.chance(0.4) ? { not: true } : {}
  return plan.add(op, { in: input, fn: plan.pick(streamSteps[op] ?? []), ...not })
}

function tableStep(plan: PlanBuilder, tables: readonly string[]): string {
  const input = plan.pick(tables)
  const chance = plan.random.next()
  if (chance < 0.3)
    return plan.add('table-filter', {
      in: input,
      fn: plan.pick(['odd', 'low']),
      not: plan.chance(0.3),
      ...plan.maybeStore(),
    })
  if (chance < 0.6)
    return plan.add('table-map-values', {
      in: input,
      fn: plan.pick(['mark', 'pair', 'short']),
      ...plan.maybeStore(),
    })
  if (chance < 0.7)
    return plan.add('to-table', { in: plan.add('to-stream', { in: input }), ...plan.namedStore() })
  return plan.add('table-join', {
    in: input,
    with: plan.pick(tables),
    type: plan.pick(['inner', 'left', 'outer']),
    fn: plan.pick(['plus', 'picky']),
    ...plan.maybeStore(),
  })
}

interface Group {
  readonly id: string
  readonly table: boolean
}

function streamGroup(plan: PlanBuilder): Group {
  let stream = plan.stream()
  if (plan.chance(0.4)) stream = streamStep(plan, [stream])
  const id = plan.chance(0.5)
    ? plan.add('group-by-key', { in: stream })
    : plan.add('group-by', { in: stream, fn: plan.pick(['last', 'first']) })
  return { id, table: false }
}

function tableGroup(plan: PlanBuilder): Group {
  let table = plan.table()
  if (plan.chance(0.5)) table = tableStep(plan, [table])
  return { id: plan.add('table-group-by', { in: table }), table: true }
}

function fold(plan: PlanBuilder, { id, table }: Group): void {
  const op = plan.pick(['count', 'reduce', 'aggregate'])
  const fn = table ? 'append' : plan.pick(['append', 'appendUntilX'])
  const store = op === 'aggregate' ? plan.store() : plan.namedStore()
  const folded = plan.add(op, { in: id, fn, table, ...store })
  plan.tableTo(folded, op === 'count' ? 'long' : 'string')
}
