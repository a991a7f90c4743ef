import type { Windowed } from '../../data/windowed.ts'
import type { TimeRange, WindowStore } from '../../store/contracts.ts'
import type { Fold, WindowAggregateNode } from '../../topology/topology.ts'
import type { EventTime, ProcessEnvironment } from '../environment.ts'
import { Change, StreamRecord, type Processor } from '../processor.ts'
import { closingWindows, type ClosingWindows } from './closing-windows.ts'
import { TableOutput } from './table-output.ts'
import { windowGrid, type WindowGrid } from './window-grid.ts'
import { fill, newRow, unknownMs, type TableView } from './table-view.ts'

interface WindowEmissionOptions {
  readonly node: WindowAggregateNode
  readonly store: WindowStore
  readonly grid: WindowGrid
  readonly env: ProcessEnvironment
  readonly next: Processor
}

/** What the operator of one of the streams that are folded is made with; where there are several, what they keep and pass on is one table. */
export interface WindowSide {
  readonly env: ProcessEnvironment
  readonly fold: Fold
  /** The largest time that the operator has seen: of each stream its own, as in Kafka Streams, unless windows that close are told of. */
  readonly time: EventTime
  readonly emission: WindowEmission
}

export interface WindowUpdate {
  readonly windowed: Windowed
  /** What the store has; null where there is nothing. */
  readonly stored: unknown
  /** What the fold began with. */
  readonly before: unknown
  readonly after: unknown
  readonly timestampMs: number
}

/** How the results of windows are kept and go on: each update, or where the node says so, once when the window has closed. */
export class WindowEmission {
  readonly onClose: boolean
  readonly #store: WindowStore
  readonly #grid: WindowGrid
  readonly #output: TableOutput
  readonly #next: Processor
  readonly #closed: EventTime
  readonly #closing: ClosingWindows
  readonly #cause = new StreamRecord()

  constructor({ node, store, grid, env, next }: WindowEmissionOptions) {
    this.onClose = node.emit === 'close'
    this.#store = store
    this.#grid = grid
    this.#next = next
    this.#closing = closingWindows(store)
    this.#closed = env.eventTime(`${node.id} closed`)
    this.#output = new TableOutput(
      {
        caching: store.caching,
        identity: (key) => `${grid.slotOf(key as Windowed)} ${store.identity((key as Windowed).key)}`,
      },
      next,
    )
  }

  /** Up to where windows were told of as closed; −1 where none was. */
  get closedMs(): number {
    return this.#closed.ms
  }

  update(cause: StreamRecord, { windowed, stored, before, after, timestampMs }: WindowUpdate): void {
    const slotMs = this.#grid.slotOf(windowed)
    const kept = this.#store.put(windowed.key, after, slotMs, timestampMs)
    if (this.onClose) {
      this.#closing.add({ key: windowed.key, timeMs: slotMs, startMs: slotMs })
      return
    }
    const entry = kept ?? this.#output.refused(windowed, after, timestampMs)
    const record = this.#cause
    record.key = windowed
    record.headers = cause.headers
    record.timestampMs = cause.timestampMs
    this.#output.emit(record, entry, this.#store.caching ? stored : before)
  }

  /** Passes on the windows whose slots are within `slots`, by slot, then key. */
  emitClosed(cause: StreamRecord, { fromMs, toMs }: TimeRange, closedMs: number): void {
    const record = new StreamRecord()
    record.headers = cause.headers
    for (const { key, startMs, value, timestampMs } of this.#closing.take(fromMs, toMs)) {
      record.key = this.#grid.windowOf(key, startMs)
      record.value = new Change(null, value)
      record.timestampMs = timestampMs
      this.#next.process(record)
    }
    this.#closed.ms = closedMs
  }

  flush(): void {
    this.#output.flush()
  }
}

/** The rows of windowed results, by windowed keys. */
export function windowView(node: WindowAggregateNode, env: ProcessEnvironment): TableView {
  const row = newRow()
  if (node.windows.kind === 'session') {
    const sessions = env.sessionStore(node.store)
    return {
      find: (key) => fill(row, sessions.fetchSession(key as Windowed) ?? null, (key as Windowed).endMs),
    }
  }
  const store = env.windowStore(node.store)
  const grid = windowGrid(node.windows)
  return {
    find: (key) => {
      const windowed = key as Windowed
      const [own, slotMs] = [windowed.key, grid.slotOf(windowed)]
      return fill(row, store.fetch(own, slotMs) ?? null, store.timestampMs(own, slotMs) ?? unknownMs)
    },
  }
}
