/**
 * Folds a stream by key and sliding window. A window is as long as the time difference, both ends included; there is one that ends with each
 * record and one that begins just after it, where the latter would hold something else. The windows that hold a record are all updated with it.
 *
 * Model. A window's time in the store is that of its newest record. Of the windows that may hold a record at `t`, from the last to the
 * first: the one that begins at `t + 1` (to the right of it), those that begin at most at `t` and end after it, the one that ends at `t`
 * (to the left of it), and the first that ends before `t`: its newest record is the one before.
 */
import { Windowed } from '../../data/windowed.ts'
import type { WindowEntry, WindowStore } from '../../store/contracts.ts'
import type { WindowAggregateNode } from '../../topology/topology.ts'
import type { SlidingWindows } from '../../topology/windows.ts'
import type { EventTime } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { foldFunctions, type FoldFunctions } from './fold.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import type { WindowEmission, WindowSide } from './window-emission.ts'

/** An aggregate and the time of its newest record. */
interface Aggregate {
  readonly value: unknown
  readonly timestampMs: number
}

/** What the windows around a record say of its neighbours. */
interface Around {
  readonly startsMs: Set<number>
  /** Of the window to take over where one that begins after the record is made. */
  right: Aggregate | undefined
  /** Of the window that ends with the record before. */
  left: Aggregate | undefined
  leftMade: boolean
  rightMade: boolean
  /** The time of the record before, where that is known and near. */
  previousMs: number | undefined
}

export class SlidingAggregate implements Processor {
  readonly #windows: SlidingWindows
  readonly #store: WindowStore
  readonly #fold: FoldFunctions
  readonly #time: EventTime
  readonly #emission: WindowEmission
  readonly #dropped: Drops
  readonly #late: Drops
  readonly #counters: NodeCounters
  #closedMs = 0

  constructor(node: WindowAggregateNode, windows: SlidingWindows, { env, fold, time, emission }: WindowSide) {
    this.#windows = windows
    this.#store = env.windowStore(node.store)
    this.#fold = foldFunctions(fold, node.id, env)
    this.#time = time
    this.#emission = emission
    this.#dropped = drops(env, node.id, 'null-key-or-value')
    this.#late = drops(env, node.id, 'late')
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { key, value, timestampMs } = record
    if (key === null || value === null) {
      this.#dropped.count()
      return
    }
    const { differenceMs, graceMs } = this.#windows
    if (timestampMs > this.#time.ms) this.#time.ms = timestampMs
    this.#closedMs = this.#time.ms - graceMs
    if (timestampMs + differenceMs < this.#closedMs) {
      this.#late.count()
      return
    }
    // First: what is put now may drive out of the store what has closed.
    this.#emitClosed(record)
    // Windows do not begin before the epoch: the first ones are all one.
    if (timestampMs < differenceMs) this.#processEarly(record)
    else this.#process(record)
  }

  flush(): void {
    this.#emission.flush()
  }

  #process(record: StreamRecord): void {
    const { key, timestampMs } = record
    const { differenceMs } = this.#windows
    const around = newAround()
    const fromMs = Math.max(0, timestampMs - 2 * differenceMs)
    const windows = [...this.#store.fetchTimes(key, { fromMs, toMs: timestampMs + 1 }, { reverse: true })]
    for (const window of windows) {
      const endMs = window.startMs + differenceMs
      around.startsMs.add(window.startMs)
      if (window.startMs === timestampMs + 1) around.rightMade = true
      else if (endMs > timestampMs) {
        around.right ??= aggregateOf(window)
        this.#update(record, window.startMs, aggregateOf(window))
      } else if (endMs === timestampMs) {
        around.leftMade = true
        this.#update(record, window.startMs, aggregateOf(window))
        // An earlier record came at the same time: it made everything that there is to make.
        if (aggregateOf(window).timestampMs >= timestampMs) return
        around.previousMs = aggregateOf(window).timestampMs
      } else {
        around.left = aggregateOf(window)
        around.previousMs = around.left.timestampMs
        break
      }
    }
    this.#makeWindows(record, around)
  }

  #makeWindows(record: StreamRecord, around: Around): void {
    const { timestampMs } = record
    const { differenceMs } = this.#windows
    const { previousMs } = around
    if (previousMs !== undefined && previousMs + 1 + differenceMs >= timestampMs)
      this.#makeAfterPrevious(record, around, previousMs)
    if (!around.leftMade) {
      const near = previousMs !== undefined && timestampMs - differenceMs <= previousMs
      const value = near && around.left !== undefined ? around.left.value : this.#fold.initial()
      this.#update(record, timestampMs - differenceMs, { value, timestampMs })
    }
    this.#makeAfter(record, around)
  }

  #processEarly(record: StreamRecord): void {
    const { key, timestampMs } = record
    const around = newAround()
    let combined: Aggregate | undefined
    // All at once: they are written to on the way.
    const windows = Array.from(this.#store.fetchTimes(key, { fromMs: 0, toMs: timestampMs + 1 }))
    for (const window of windows) {
      const aggregate = aggregateOf(window)
      around.startsMs.add(window.startMs)
      if (window.startMs === 0) {
        combined = aggregate
        if (aggregate.timestampMs < timestampMs) around.previousMs = aggregate.timestampMs
      } else if (window.startMs <= timestampMs) {
        around.right = aggregate
        this.#update(record, window.startMs, aggregate)
      } else around.rightMade = true
    }
    if (combined !== undefined && combined.timestampMs > timestampMs) around.right ??= combined
    this.#makeAfter(record, around)
    if (around.previousMs !== undefined) this.#makeAfterPrevious(record, around, around.previousMs)
    this.#update(record, 0, combined ?? { value: this.#fold.initial(), timestampMs })
  }

  /** The window that begins just after the record before, and now holds this one. */
  #makeAfterPrevious(record: StreamRecord, { startsMs }: Around, previousMs: number): void {
    if (startsMs.has(previousMs + 1)) return
    const { timestampMs } = record
    this.#update(record, previousMs + 1, { value: this.#fold.initial(), timestampMs })
  }

  /** The window that begins just after this record, where later ones are there already. */
  #makeAfter(record: StreamRecord, { right, rightMade }: Around): void {
    const { key, timestampMs } = record
    if (rightMade || right === undefined || right.timestampMs <= timestampMs) return
    const windowed = this.#windowed(key, timestampMs + 1)
    const { value: after, timestampMs: resultMs } = right
    this.#counters.recordsOut.value++
    this.#emission.update(record, { windowed, stored: null, before: null, after, timestampMs: resultMs })
  }

  #update(record: StreamRecord, startMs: number, { value: before, timestampMs: beforeMs }: Aggregate): void {
    const { key, value, timestampMs } = record
    const windowed = this.#windowed(key, startMs)
    if (windowed.endMs < this.#closedMs) {
      this.#late.count()
      return
    }
    const after = this.#fold.next(key, value, before)
    const resultMs = before === null ? timestampMs : Math.max(timestampMs, beforeMs)
    const stored = this.#store.caching ? (this.#store.fetch(key, startMs) ?? null) : before
    this.#counters.recordsOut.value++
    this.#emission.update(record, { windowed, stored, before, after, timestampMs: resultMs })
  }

  #windowed(key: unknown, startMs: number): Windowed {
    return new Windowed(key, startMs, startMs + this.#windows.differenceMs)
  }

  #emitClosed(record: StreamRecord): void {
    const { emission, lastMs } = { emission: this.#emission, lastMs: this.#emission.closedMs }
    if (!emission.onClose || this.#closedMs <= lastMs) return
    const { differenceMs } = this.#windows
    const toMs = this.#closedMs - differenceMs - 1
    if (toMs < 0) return
    const fromMs = lastMs < 0 ? 0 : Math.max(0, lastMs - differenceMs)
    emission.emitClosed(record, { fromMs, toMs }, this.#closedMs)
  }
}

function newAround(): Around {
  return {
    startsMs: new Set(),
    right: undefined,
    left: undefined,
    leftMade: false,
    rightMade: false,
    previousMs: undefined,
  }
}

function aggregateOf({ value, timestampMs, startMs }: WindowEntry): Aggregate {
  return { value, timestampMs: timestampMs ?? startMs }
}
