import type { PeekNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'
import { UserFunction } from './user-function.ts'

/** Calls a function for its effect. */
export class Peek implements Processor {
  readonly #action: UserFunction
  readonly #next: Processor
  readonly #counters: NodeCounters

  constructor(node: PeekNode, env: ProcessEnvironment, next: Processor) {
    this.#action = new UserFunction(node.action, node.id, env)
    this.#next = next
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    this.#action.call2(record.key, record.value)
    this.#counters.recordsOut.value++
    this.#next.process(record)
  }
}
