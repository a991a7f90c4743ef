import type { Counter } from '../../base/metrics.ts'
import { Windowed } from '../../data/windowed.ts'
import type { WindowStore } from '../../store/contracts.ts'
import type { WindowAggregateNode } from '../../topology/topology.ts'
import type { HoppingWindows } from '../../topology/windows.ts'
import type { EventTime, ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { foldFunctions, type FoldFunctions } from './fold.ts'
import { dropCounter, nodeCounters, type NodeCounters } from './node-counters.ts'
import { WindowEmission } from './window-emission.ts'

/**
 * Folds a stream by key and window, where windows have a length and begin at multiples of the advance: hopping windows, or where both are
 * equal, tumbling ones. A window takes records while its end is after the largest time seen less the grace; later ones are left out.
 */
export class WindowAggregate implements Processor {
  readonly #windows: HoppingWindows
  readonly #store: WindowStore
  readonly #fold: FoldFunctions
  readonly #time: EventTime
  readonly #emission: WindowEmission
  readonly #nullKeys: Counter
  readonly #late: Counter
  readonly #counters: NodeCounters

  constructor(
    node: WindowAggregateNode,
    windows: HoppingWindows,
    { env, next }: { readonly env: ProcessEnvironment; readonly next: Processor },
  ) {
    this.#windows = windows
    this.#store = env.windowStore(node.store)
    this.#fold = foldFunctions(node.fold, node.id, env)
    this.#time = env.eventTime(node.id)
    this.#emission = new WindowEmission({ node, store: this.#store, sizeMs: windows.sizeMs, env, next })
    this.#nullKeys = dropCounter(env.metrics, node.id, 'null-key')
    this.#late = dropCounter(env.metrics, node.id, 'late')
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    if (record.key === null) {
      this.#nullKeys.value++
      return
    }
    const { sizeMs, advanceMs, graceMs } = this.#windows
    const { timestampMs } = record
    const time = this.#time
    if (timestampMs > time.ms) time.ms = timestampMs
    const closedMs = time.ms - graceMs
    const firstMs = Math.floor(Math.max(0, timestampMs - sizeMs + advanceMs) / advanceMs) * advanceMs
    for (let startMs = firstMs; startMs <= timestampMs; startMs += advanceMs) {
      if (startMs + sizeMs > closedMs) this.#update(record, startMs)
      else this.#late.value++
    }
    this.#emitClosed(record, closedMs)
  }

  flush(): void {
    this.#emission.flush()
  }

  #update(record: StreamRecord, startMs: number): void {
    const store = this.#store
    const { key, value, timestampMs } = record
    const stored = store.fetch(key, startMs) ?? null
    const storedMs = stored === null ? -1 : (store.timestampMs(key, startMs) ?? -1)
    const before = stored ?? this.#fold.initial()
    const after = this.#fold.next(key, value, before)
    const resultMs = Math.max(timestampMs, storedMs)
    const windowed = new Windowed(key, startMs, startMs + this.#windows.sizeMs)
    this.#counters.recordsOut.value++
    this.#emission.update(record, { windowed, stored, before, after, timestampMs: resultMs })
  }

  /** Windows whose end has come at `closedMs` and had not at the last time. */
  #emitClosed(record: StreamRecord, closedMs: number): void {
    const { sizeMs, advanceMs } = this.#windows
    const { emission, lastMs } = { emission: this.#emission, lastMs: this.#emission.closedMs }
    if (!emission.onClose || closedMs <= lastMs) return
    const toMs = closedMs - sizeMs
    const fromMs = lastMs < 0 ? 0 : Math.max(0, lastMs - sizeMs) + 1
    if (toMs < 0 || Math.floor(toMs / advanceMs) * advanceMs < fromMs) return
    emission.emitClosed(record, { fromMs, toMs }, closedMs)
  }
}
