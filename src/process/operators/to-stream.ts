import type { ToStreamNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Change, type Processor } from '../processor.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'
import { UserFunction } from './user-function.ts'

/** A table's changes as a stream of its new values, with tombstones; a function may give each another key. */
export class ToStream implements Processor {
  readonly #mapper: UserFunction | undefined
  readonly #next: Processor
  readonly #counters: NodeCounters
  readonly #out = new StreamRecord()

  constructor(node: ToStreamNode, env: ProcessEnvironment, next: Processor) {
    this.#mapper = node.mapper === undefined ? undefined : new UserFunction(node.mapper, node.id, env)
    this.#next = next
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const out = this.#out
    out.value = (record.value as Change).newValue
    out.key = this.#mapper === undefined ? record.key : this.#mapper.call2(record.key, out.value)
    out.timestampMs = record.timestampMs
    out.headers = record.headers
    this.#counters.recordsOut.value++
    this.#next.process(out)
  }
}
