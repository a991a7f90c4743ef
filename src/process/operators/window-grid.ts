import { Windowed } from '../../data/windowed.ts'
import type { CumulatingWindows, HoppingWindows, SlidingWindows } from '../../topology/windows.ts'

/**
 * Where windows stand in their store. A slot is the time that a window is kept by: its start, and of windows that grow, the start of its last
 * step, since several begin at one time.
 */
export class WindowGrid {
  /** From a window's slot to its end. */
  readonly lengthMs: number
  /** From slot to slot; of no meaning where windows begin with records. */
  readonly stepMs: number
  readonly #growsToMs: number | undefined

  constructor(lengthMs: number, stepMs: number, growsToMs?: number) {
    this.lengthMs = lengthMs
    this.stepMs = stepMs
    this.#growsToMs = growsToMs
  }

  windowOf(key: unknown, slotMs: number): Windowed {
    const size = this.#growsToMs
    const startMs = size === undefined ? slotMs : Math.floor(slotMs / size) * size
    return new Windowed(key, startMs, slotMs + this.lengthMs)
  }

  slotOf({ endMs }: Windowed): number {
    return endMs - this.lengthMs
  }

  /** The first slot whose window holds a time. */
  firstSlotMs(timeMs: number): number {
    const { stepMs } = this
    if (this.#growsToMs !== undefined) return Math.floor(timeMs / stepMs) * stepMs
    return Math.floor(Math.max(0, timeMs - this.lengthMs + stepMs) / stepMs) * stepMs
  }

  /** The last slot that may hold a time; not before {@link WindowGrid.firstSlotMs}. */
  lastSlotMs(timeMs: number): number {
    const size = this.#growsToMs
    return size === undefined ? timeMs : (Math.floor(timeMs / size) + 1) * size - this.stepMs
  }
}

export function windowGrid(windows: HoppingWindows | CumulatingWindows | SlidingWindows): WindowGrid {
  switch (windows.kind) {
    case 'hopping':
      return new WindowGrid(windows.sizeMs, windows.advanceMs)
    case 'cumulating':
      return new WindowGrid(windows.stepMs, windows.stepMs, windows.sizeMs)
    case 'sliding':
      return new WindowGrid(windows.differenceMs, 1)
  }
}
