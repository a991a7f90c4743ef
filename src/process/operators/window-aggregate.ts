import type { WindowStore } from '../../store/contracts.ts'
import type { WindowAggregateNode } from '../../topology/topology.ts'
import type { CumulatingWindows, HoppingWindows } from '../../topology/windows.ts'
import type { EventTime } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { foldFunctions, type FoldFunctions } from './fold.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import { windowGrid, type WindowGrid } from './window-grid.ts'
import type { WindowEmission, WindowSide } from './window-emission.ts'

/**
 * Folds a stream by key and window, where windows follow each other: hopping windows of one length that begin at multiples of the advance,
 * where both are equal tumbling ones; and cumulating ones, of which several begin at one time and grow step by step. A window takes records while its end is after the largest time seen less the grace; later ones are left out.
 */
export class WindowAggregate implements Processor {
  readonly #grid: WindowGrid
  readonly #graceMs: number
  readonly #store: WindowStore
  readonly #fold: FoldFunctions
  readonly #time: EventTime
  readonly #emission: WindowEmission
  readonly #nullKeys: Drops
  readonly #late: Drops
  readonly #counters: NodeCounters

  constructor(
    node: WindowAggregateNode,
    windows: HoppingWindows | CumulatingWindows,
    { env, fold, time, emission }: WindowSide,
  ) {
    this.#grid = windowGrid(windows)
    this.#graceMs = windows.graceMs
    this.#store = env.windowStore(node.store)
    this.#fold = foldFunctions(fold, node.id, env)
    this.#time = time
    this.#emission = emission
    this.#nullKeys = drops(env, node.id, 'null-key')
    this.#late = drops(env, node.id, 'late')
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    if (record.key === null) {
      this.#nullKeys.count()
      return
    }
    const { timestampMs } = record
    const time = this.#time
    if (timestampMs > time.ms) time.ms = timestampMs
    const closedMs = time.ms - this.#graceMs
    // First: what is put now may drive out of the store what has closed.
    this.#emitClosed(record, closedMs)
    this.#updateAll(record, closedMs)
  }

  #updateAll(record: StreamRecord, closedMs: number): void {
    const { timestampMs } = record
    const { lengthMs, stepMs } = this.#grid
    const lastMs = this.#grid.lastSlotMs(timestampMs)
    for (let slotMs = this.#grid.firstSlotMs(timestampMs); slotMs <= lastMs; slotMs += stepMs) {
      if (slotMs + lengthMs > closedMs) this.#update(record, slotMs)
      else this.#late.count()
    }
  }

  flush(): void {
    this.#emission.flush()
  }

  #update(record: StreamRecord, slotMs: number): void {
    const store = this.#store
    const { key, value, timestampMs } = record
    const stored = store.fetch(key, slotMs) ?? null
    const storedMs = stored === null ? -1 : (store.timestampMs(key, slotMs) ?? -1)
    const before = stored ?? this.#fold.initial()
    const after = this.#fold.next(key, value, before)
    const resultMs = Math.max(timestampMs, storedMs)
    const windowed = this.#grid.windowOf(key, slotMs)
    this.#counters.recordsOut.value++
    this.#emission.update(record, { windowed, stored, before, after, timestampMs: resultMs })
  }

  /** Windows whose end has come at `closedMs` and had not at the last time. */
  #emitClosed(record: StreamRecord, closedMs: number): void {
    const { lengthMs, stepMs } = this.#grid
    const { emission, lastMs } = { emission: this.#emission, lastMs: this.#emission.closedMs }
    if (!emission.onClose || closedMs <= lastMs) return
    const toMs = closedMs - lengthMs
    const fromMs = lastMs < 0 ? 0 : Math.max(0, lastMs - lengthMs) + 1
    if (toMs < 0 || Math.floor(toMs / stepMs) * stepMs < fromMs) return
    emission.emitClosed(record, { fromMs, toMs }, closedMs)
  }
}
