import { Windowed } from '../../data/windowed.ts'
import type { SessionEntry, SessionStore } from '../../store/contracts.ts'
import type { WindowAggregateNode } from '../../topology/topology.ts'
import type { SessionWindows } from '../../topology/windows.ts'
import type { EventTime } from '../environment.ts'
import { Change, StreamRecord, type Processor } from '../processor.ts'
import { closingSessions, type ClosingWindows } from './closing-windows.ts'
import { foldFunctions, type FoldFunctions } from './fold.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import { TableOutput } from './table-output.ts'
import type { WindowSide } from './window-emission.ts'

/** What the operators of all streams that are folded have in common. */
export interface SessionResults {
  readonly output: TableOutput
  readonly closing: ClosingWindows
}

interface SessionSide extends Pick<WindowSide, 'env' | 'fold' | 'time'> {
  readonly next: Processor
  readonly results: SessionResults
}

export function sessionResults(store: SessionStore, next: Processor): SessionResults {
  const identity = (key: unknown): string => {
    const { startMs, endMs, key: own } = key as Windowed
    return `${startMs} ${endMs} ${store.identity(own)}`
  }
  const output = new TableOutput({ caching: store.caching, identity }, next)
  return { output, closing: closingSessions(store) }
}

/**
 * Folds a stream by key and session: records that are at most the gap apart belong together. A record joins, and may merge, the sessions that
 * it touches: each of them becomes a tombstone, then comes the merged one. A session takes records until the largest time seen is its end,
 * the gap and the grace later. A result has the time of its session's end.
 */
export class SessionAggregate implements Processor {
  readonly #windows: SessionWindows
  readonly #store: SessionStore
  readonly #fold: FoldFunctions
  readonly #time: EventTime
  /** Up to where sessions were told of as closed. */
  readonly #closed: EventTime
  readonly #onClose: boolean
  readonly #closing: ClosingWindows
  readonly #output: TableOutput
  readonly #next: Processor
  readonly #nullKeys: Drops
  readonly #late: Drops
  readonly #counters: NodeCounters
  readonly #cause = new StreamRecord()

  constructor(
    node: WindowAggregateNode,
    windows: SessionWindows,
    { env, next, fold, time, results }: SessionSide,
  ) {
    this.#windows = windows
    this.#store = env.sessionStore(node.store)
    this.#fold = foldFunctions(fold, node.id, env)
    this.#time = time
    this.#closed = env.eventTime(`${node.id} closed`)
    this.#closing = results.closing
    this.#onClose = node.emit === 'close'
    this.#next = next
    this.#nullKeys = drops(env, node.id, 'null-key')
    this.#late = drops(env, node.id, 'late')
    this.#counters = nodeCounters(env.metrics, node.id)
    this.#output = results.output
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { key, timestampMs } = record
    if (key === null) {
      this.#nullKeys.count()
      return
    }
    const { gapMs, graceMs } = this.#windows
    if (timestampMs > this.#time.ms) this.#time.ms = timestampMs
    const closedMs = this.#time.ms - graceMs - gapMs
    // First: what is put now may drive out of the store what has closed.
    if (this.#onClose) this.#emitClosed(record, closedMs)
    const touched = [
      ...this.#store.findSessions(key, {
        earliestEndMs: timestampMs - gapMs,
        latestStartMs: timestampMs + gapMs,
      }),
    ]
    const startMs = touched.reduce((least, session) => Math.min(least, session.startMs), timestampMs)
    const endMs = touched.reduce((most, session) => Math.max(most, session.endMs), timestampMs)
    if (endMs < closedMs) this.#late.count()
    else this.#merge(record, touched, new Windowed(key, startMs, endMs))
  }

  flush(): void {
    this.#output.flush()
  }

  #merge(record: StreamRecord, touched: readonly SessionEntry[], merged: Windowed): void {
    const { key, value, timestampMs } = record
    // Kafka Streams gives a session's result no headers, but its cache those of the record.
    this.#cause.headers = this.#store.caching ? record.headers : undefined
    let aggregate = this.#fold.initial()
    for (const session of touched) aggregate = this.#fold.merge(key, aggregate, session.value)
    // A session of this record's time alone is written over.
    if (merged.startMs !== timestampMs || merged.endMs !== timestampMs)
      for (const session of touched)
        this.#put(new Windowed(key, session.startMs, session.endMs), session.value, null)
    this.#put(merged, null, this.#fold.next(key, value, aggregate))
  }

  #put(session: Windowed, before: unknown, after: unknown): void {
    const stored = this.#store.caching ? (this.#store.fetchSession(session) ?? null) : before
    const kept = this.#store.put(session, after, session.endMs)
    if (this.#onClose) {
      const place = { key: session.key, timeMs: session.endMs, startMs: session.startMs }
      if (after === null) this.#closing.remove(place)
      else this.#closing.add(place)
      return
    }
    const entry = kept ?? this.#output.refused(session, after, session.endMs)
    const record = this.#cause
    record.key = session
    record.timestampMs = session.endMs
    this.#counters.recordsOut.value++
    this.#output.emit(record, entry, stored)
  }

  /** Sessions that can take nothing any more, by end, then key. */
  #emitClosed(cause: StreamRecord, closedMs: number): void {
    if (closedMs <= this.#closed.ms) return
    const [fromMs, toMs] = [Math.max(0, this.#closed.ms), closedMs - 1]
    if (toMs < 0 || toMs < fromMs) return
    const record = new StreamRecord()
    record.headers = cause.headers
    for (const { key, startMs, timeMs: endMs, value } of this.#closing.take(fromMs, toMs)) {
      record.key = new Windowed(key, startMs, endMs)
      record.value = new Change(null, value)
      record.timestampMs = endMs
      this.#counters.recordsOut.value++
      this.#next.process(record)
    }
    this.#closed.ms = closedMs
  }
}
