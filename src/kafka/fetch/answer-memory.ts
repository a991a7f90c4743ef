/**
 * Knows when an answer's bytes are done with: when whoever got a part of it has released it, and so has the one who divided it. A part
 * that is never released leaves the memory to the collector.
 */
export class AnswerMemory {
  readonly #recycle: () => void
  #holders = 1

  constructor(recycle: () => void) {
    this.#recycle = recycle
  }

  /** One more part is handed out; gives its release, which counts once. */
  share(): () => void {
    this.#holders++
    let held = true
    return () => {
      if (held) this.release()
      held = false
    }
  }

  release(): void {
    this.#holders--
    if (this.#holders === 0) this.#recycle()
  }
}
