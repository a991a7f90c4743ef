/**
 * Joins the records of two streams of equal key whose times are near: a right record from `before` earlier than the left one to `after`
 * later. Each record is kept in its side's window store and joined with what the other side's has; the result's time is the later of the two.
 *
 * Left and outer: a record without partner is joined with null, but only when its time is over, since stream time, of both sides together,
 * has passed its window and the grace. It is looked for at each record that brings stream time to where it is; as in Kafka Streams, only if
 * the earliest time that the last look came across is over.
 */
import type { WindowStore } from '../../store/contracts.ts'
import type { StreamJoinNode } from '../../topology/stream-join-nodes.ts'
import type { EventTime, ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor } from '../processor.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import { isBefore, type JoinSide } from './unmatched-queue.ts'
import { UnmatchedRecords, type Unmatched } from './unmatched-records.ts'
import { UserFunction } from './user-function.ts'

/** What the two sides of a join share. */
interface SharedParts {
  readonly node: StreamJoinNode
  readonly next: Processor
  /** Called with left and right. */
  readonly joiner: UserFunction
  readonly streamTime: EventTime
  readonly waiting: WaitingRecords | undefined
  readonly dropped: Drops
  readonly counters: NodeCounters
}

export class StreamJoin {
  readonly left: Processor
  readonly right: Processor

  constructor(node: StreamJoinNode, env: ProcessEnvironment, next: Processor) {
    const [left, right] = [env.windowStore(node.leftStore), env.windowStore(node.rightStore)]
    const streamTime = env.eventTime(node.id)
    const joiner = new UserFunction(node.joiner, node.id, env)
    const counters = nodeCounters(env.metrics, node.id)
    const dropped = drops(env, node.id, 'null-key-or-value')
    const join = { node, next, joiner, counters }
    const waiting =
      node.unmatchedStore === undefined
        ? undefined
        : new WaitingRecords({
            ...join,
            env,
            store: node.unmatchedStore,
            streamTime,
            identity: (key) => left.identity(key),
          })
    const shared = { ...join, streamTime, waiting, dropped }
    this.left = new StreamJoinSide('left', { own: left, other: right }, shared)
    this.right = new StreamJoinSide('right', { own: right, other: left }, shared)
  }
}

class StreamJoinSide implements Processor {
  readonly #side: JoinSide
  readonly #otherSide: JoinSide
  readonly #own: WindowStore
  readonly #other: WindowStore
  readonly #parts: SharedParts
  /** Whether a record of this side is joined with null where it has no partner. */
  readonly #alone: boolean
  /** How much earlier and later a partner may be. */
  readonly #beforeMs: number
  readonly #afterMs: number
  readonly #out = new StreamRecord()
  readonly #visit: (value: unknown, startMs: number) => void
  #record = new StreamRecord()
  #found = 0

  constructor(
    side: JoinSide,
    { own, other }: { readonly own: WindowStore; readonly other: WindowStore },
    parts: SharedParts,
  ) {
    const { type, beforeMs, afterMs } = parts.node
    this.#side = side
    this.#otherSide = side === 'left' ? 'right' : 'left'
    this.#own = own
    this.#other = other
    this.#parts = parts
    this.#alone = side === 'left' ? type !== 'inner' : type === 'outer'
    this.#beforeMs = side === 'left' ? beforeMs : afterMs
    this.#afterMs = side === 'left' ? afterMs : beforeMs
    this.#visit = (value, startMs) => this.#joinWith(value, startMs)
  }

  process(record: StreamRecord): void {
    this.#parts.counters.recordsIn.value++
    const { key, timestampMs } = record
    const waits = this.#join(record)
    // A null value is not kept, but tells the store what time it is.
    if (key !== null) this.#own.put(key, record.value, timestampMs, timestampMs)
    // Behind it: what the store refuses is not to come out without partner later.
    if (waits) this.#parts.waiting?.add(this.#side, record)
  }

  /** @returns whether the record is to wait for a partner */
  #join(record: StreamRecord): boolean {
    const { dropped, streamTime, waiting } = this.#parts
    const { key, value, timestampMs } = record
    if (timestampMs > streamTime.ms) streamTime.ms = timestampMs
    if (this.#alone && key === null && value !== null) {
      this.#forward(record, value, null)
      return false
    }
    if (key === null || value === null) {
      dropped.count()
      return false
    }
    if (timestampMs === streamTime.ms) waiting?.tell(record, this.#afterMs)
    return this.#findPartners(record)
  }

  #findPartners(record: StreamRecord): boolean {
    const { streamTime, waiting } = this.#parts
    const { key, value, timestampMs } = record
    const fromMs = Math.max(0, timestampMs - this.#beforeMs)
    const toMs = Math.max(0, timestampMs + this.#afterMs)
    this.#record = record
    this.#found = 0
    this.#other.visit(key, { fromMs, toMs }, this.#visit)
    if (this.#found > 0 || !this.#alone) return false
    if (waiting !== undefined && toMs >= streamTime.ms) return true
    this.#forward(record, value, null)
    return false
  }

  #joinWith(value: unknown, startMs: number): void {
    const record = this.#record
    this.#found++
    this.#parts.waiting?.matched(this.#otherSide, record.key, startMs)
    this.#forward(record, record.value, value, Math.max(record.timestampMs, startMs))
  }

  #forward(cause: StreamRecord, own: unknown, other: unknown, timestampMs = cause.timestampMs): void {
    const { node, joiner, counters, next } = this.#parts
    const out = this.#out
    const key = node.type === 'outer' ? null : cause.key
    out.key = cause.key
    out.value = this.#side === 'left' ? joiner.call3(key, own, other) : joiner.call3(key, other, own)
    out.timestampMs = timestampMs
    out.headers = cause.headers
    counters.recordsOut.value++
    next.process(out)
  }
}

interface WaitingOptions extends Omit<SharedParts, 'waiting' | 'dropped'> {
  readonly env: ProcessEnvironment
  readonly store: string
  readonly identity: UnmatchedIdentity
}

type UnmatchedIdentity = ConstructorParameters<typeof UnmatchedRecords>[0]['identity']

/** The records that wait for their time to be over. */
class WaitingRecords {
  readonly #options: WaitingOptions
  readonly #records: UnmatchedRecords
  /** The earliest time that may be over; −1: there is none. */
  readonly #earliest: EventTime
  readonly #out = new StreamRecord()

  constructor(options: WaitingOptions) {
    const { node, env, store, identity } = options
    this.#options = options
    this.#earliest = env.eventTime(`${node.id} earliest`)
    this.#records = new UnmatchedRecords({
      store: env.listStore(store),
      keys: env.serde(node.key, env.topics.internal(store), 'key'),
      // The sides have types of their own, and so have the subjects that these are registered under.
      values: {
        left: env.serde(node.leftValue, env.topics.internal(`${store}-left`), 'value'),
        right: env.serde(node.rightValue, env.topics.internal(`${store}-right`), 'value'),
      },
      identity,
    })
  }

  add(side: JoinSide, { key, value, timestampMs }: StreamRecord): void {
    const earliest = this.#earliest
    if (earliest.ms < 0 || timestampMs < earliest.ms) earliest.ms = timestampMs
    this.#records.add(side, key, value, timestampMs)
  }

  matched(side: JoinSide, key: unknown, timestampMs: number): void {
    this.#records.remove(side, key, timestampMs)
  }

  /** Passes on those whose time is over. @param afterMs - how long the side of `cause` waits */
  tell(cause: StreamRecord, afterMs: number): void {
    const { node, streamTime } = this.#options
    const earliest = this.#earliest
    if (earliest.ms < 0 || earliest.ms + afterMs + node.graceMs >= streamTime.ms) return
    let told: Unmatched | undefined
    for (let next = this.#nextOver(); next !== undefined; next = this.#nextOver()) {
      for (const value of this.#records.values(next)) this.#forward(cause, next, value)
      this.#records.drop(next)
      told = next
    }
    earliest.ms = (this.#lastSeen() ?? told)?.timestampMs ?? -1
    if (told !== undefined && told.timestampMs > earliest.ms) earliest.ms = told.timestampMs
  }

  #nextOver(): Unmatched | undefined {
    const [left, right] = [this.#records.first('left'), this.#records.first('right')]
    const [leftOver, rightOver] = [this.#isOver(left), this.#isOver(right)]
    if (!leftOver || !rightOver) return leftOver ? left : rightOver ? right : undefined
    return earlier(left, right)
  }

  #isOver(entry: Unmatched | undefined): boolean {
    if (entry === undefined) return false
    const { node, streamTime } = this.#options
    const lookBackMs = entry.side === 'left' ? node.afterMs : node.beforeMs
    return entry.timestampMs + lookBackMs + node.graceMs < streamTime.ms
  }

  /** Where a look that goes on until both sides have one to wait for comes to its end. */
  #lastSeen(): Unmatched | undefined {
    const records = this.#records
    const [left, right] = [records.first('left'), records.first('right')]
    if (left === undefined || right === undefined) return records.last(left === undefined ? 'right' : 'left')
    const later = earlier(left, right) === left ? right : left
    // The records of one key, side and time are seen one by one.
    if (!later.isOne) return later
    return earlier(records.after('left', later), records.after('right', later)) ?? later
  }

  #forward(cause: StreamRecord, { side, key, timestampMs }: Unmatched, value: unknown): void {
    const { node, joiner, counters, next } = this.#options
    const out = this.#out
    const given = node.type === 'outer' ? null : key
    out.key = key
    out.value = side === 'left' ? joiner.call3(given, value, null) : joiner.call3(given, null, value)
    out.timestampMs = timestampMs
    out.headers = cause.headers
    counters.recordsOut.value++
    next.process(out)
  }
}

function earlier(a: Unmatched | undefined, b: Unmatched | undefined): Unmatched | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return isBefore(a, b) ? a : b
}
