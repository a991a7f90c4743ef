import type { StateKeeper } from '../log/state-log.ts'

const kind = 'producer-ids'
/** Ids are written down as many at a time: those of a block that a crash ends are left out. */
const blockSize = 1000

/** Gives every producer an id that no other has had, restarts included. */
export class ProducerIds {
  readonly #state: StateKeeper
  #next: number
  #blockEnd: number

  constructor(state: StateKeeper) {
    this.#state = state
    this.#next = Number(state.recovered(kind)[0]?.value ?? 0)
    this.#blockEnd = this.#next
  }

  next(): number {
    if (this.#next === this.#blockEnd) {
      this.#state.put([{ key: [kind], value: this.#blockEnd + blockSize }])
      this.#blockEnd += blockSize
    }
    return this.#next++
  }
}
