import type { ForeignKeyResolveNode } from '../../topology/foreign-key-nodes.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor } from '../processor.ts'
import type { Answer } from './foreign-key-messages.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import type { TableView } from './table-view.ts'
import { UserFunction } from './user-function.ts'
import { sameHash, ValueHash } from './value-hash.ts'

interface ResolveOptions {
  readonly left: TableView
  readonly next: Processor
}

/**
 * The end of a foreign-key join: joins a left row with the right one that an answer brings. An answer to what the row was before is left out,
 * since another one is on its way. Without a right row the result is a tombstone, or in a left join the left row with null.
 */
export class ForeignKeyResolve implements Processor {
  readonly #left: TableView
  readonly #joiner: UserFunction
  readonly #hash: ValueHash
  readonly #alone: boolean
  readonly #next: Processor
  readonly #stale: Drops
  readonly #counters: NodeCounters
  readonly #out = new StreamRecord()

  constructor(node: ForeignKeyResolveNode, env: ProcessEnvironment, { left, next }: ResolveOptions) {
    this.#left = left
    this.#joiner = new UserFunction(node.joiner, node.id, env)
    this.#hash = new ValueHash(node.value, node.table, env)
    this.#alone = node.type === 'left'
    this.#next = next
    this.#stale = drops(env, node.id, 'stale-answer')
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { hash, value: right } = record.value as Answer
    const left = this.#left.find(record.key)?.value ?? null
    if (!sameHash(hash, this.#hash.of(left))) {
      this.#stale.count()
      return
    }
    const out = this.#out
    out.key = record.key
    out.value =
      right === null && (left === null || !this.#alone) ? null : this.#joiner.call3(null, left, right)
    out.timestampMs = record.timestampMs
    out.headers = record.headers
    this.#counters.recordsOut.value++
    this.#next.process(out)
  }
}
