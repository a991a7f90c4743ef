import type { SplitNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'
import { UserFunction } from './user-function.ts'

/** Sends each record to the first branch whose predicate holds; a record that none wants ends here. */
export class Split implements Processor {
  /** `undefined`: takes everything. */
  readonly #predicates: readonly (UserFunction | undefined)[]
  readonly #branches: readonly Processor[]
  readonly #counters: NodeCounters

  /** @param branches - by index, as many as the node has predicates */
  constructor(node: SplitNode, env: ProcessEnvironment, branches: readonly Processor[]) {
    this.#predicates = node.predicates.map((predicate) =>
      predicate === null ? undefined : new UserFunction(predicate, node.id, env),
    )
    this.#branches = branches
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    for (let index = 0; index < this.#predicates.length; index++) {
      const predicate = this.#predicates[index]
      if (predicate !== undefined && predicate.call2(record.key, record.value) !== true) continue
      this.#counters.recordsOut.value++
      ;(this.#branches[index] as Processor).process(record)
      return
    }
  }
}
