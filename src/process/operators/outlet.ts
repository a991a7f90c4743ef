import type { Processor, StreamRecord } from '../processor.ts'

/** Where records end that nobody reads. */
export const discard: Processor = { process: () => {} }

/** Passes each record to every child, in the order of the definition, depth first. */
class FanOut implements Processor {
  readonly #children: readonly Processor[]

  constructor(children: readonly Processor[]) {
    this.#children = children
  }

  process(record: StreamRecord): void {
    for (let index = 0; index < this.#children.length; index++) {
      ;(this.#children[index] as Processor).process(record)
    }
  }
}

/** One processor for all the children of a node. */
export function outlet(children: readonly Processor[]): Processor {
  if (children.length > 1) return new FanOut(children)
  return children[0] ?? discard
}
