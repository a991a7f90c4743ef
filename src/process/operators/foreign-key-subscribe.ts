import { serdeKeying, type Keying } from '../../store/keying.ts'
import type { ForeignKeySubscribeNode } from '../../topology/foreign-key-nodes.ts'
import { argumentsOf } from '../../topology/function-kinds.ts'
import type { ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Change, type Processor } from '../processor.ts'
import { request, Subscription, type Request } from './foreign-key-messages.ts'
import { drops, nodeCounters, type NodeCounters, type Drops } from './node-counters.ts'
import { UserFunction } from './user-function.ts'
import { ValueHash } from './value-hash.ts'

/**
 * The left side of a foreign-key join: for each change of a row it tells the right row what is wanted of it. Where the foreign key changes,
 * the old right row is told to forget the left one; it lies elsewhere.
 *
 * A row whose foreign key is null subscribes to nothing. In a left join it asks all the same, of no row, and is answered with none.
 */
export class ForeignKeySubscribe implements Processor {
  readonly #env: ProcessEnvironment
  readonly #extractor: UserFunction
  readonly #withKey: boolean
  readonly #keys: Keying
  readonly #hash: ValueHash
  readonly #left: boolean
  readonly #next: Processor
  readonly #nullKeys: Drops
  readonly #late: Drops
  readonly #counters: NodeCounters
  readonly #out = new StreamRecord()

  constructor(node: ForeignKeySubscribeNode, env: ProcessEnvironment, next: Processor) {
    this.#env = env
    this.#extractor = new UserFunction(node.extractor, node.id, env)
    this.#withKey = argumentsOf('foreignKeyExtractor', node.extractor.parameters).length > 1
    this.#keys = serdeKeying(env.serde(node.foreignKey, env.topics.internal(node.id), 'key'), node.foreignKey)
    this.#hash = new ValueHash(node.value, node.input, env)
    this.#left = node.type === 'left'
    this.#next = next
    this.#nullKeys = drops(env, node.id, 'null-foreign-key')
    this.#late = drops(env, node.id, 'late')
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const { oldValue, newValue, isLatest } = record.value as Change
    if (!isLatest) {
      this.#late.count()
      return
    }
    if (oldValue === null && newValue === null) return
    const before = this.#foreignKey(record.key, oldValue)
    const after = this.#foreignKey(record.key, newValue)
    const hash = this.#hash.of(newValue)
    if (this.#left) this.#askForLeft(record, { before, after, hash })
    else this.#askForInner(record, { before, after, hash })
  }

  #askForLeft(record: StreamRecord, { before, after, hash }: Row): void {
    if (before !== null && !this.#same(before, after)) this.#ask(record, before, request.cancel, hash)
    this.#ask(record, after, request.answerAlways, hash)
  }

  #askForInner(record: StreamRecord, { before, after, hash }: Row): void {
    if (after === null) {
      if (hash !== null) this.#nullKeys.count()
      if (before !== null) this.#ask(record, before, request.cancelAndAnswer, hash)
      return
    }
    if (before === null || this.#same(before, after)) {
      // Without a right row there was no result before, so that nothing is to be taken back.
      this.#ask(record, after, request.answerIfFound, hash)
      return
    }
    this.#ask(record, before, request.cancel, hash)
    this.#ask(record, after, request.answerAlways, hash)
  }

  #foreignKey(key: unknown, value: unknown): unknown {
    if (value === null) return null
    return this.#withKey ? this.#extractor.callAll([value, key]) : this.#extractor.call1(value)
  }

  #same(before: unknown, after: unknown): boolean {
    return after !== null && this.#keys.identity(before) === this.#keys.identity(after)
  }

  #ask(cause: StreamRecord, foreignKey: unknown, what: Request, hash: Buffer | null): void {
    const out = this.#out
    out.key = foreignKey
    out.value = new Subscription(what, hash, cause.key, this.#env.context.partition)
    out.timestampMs = cause.timestampMs
    out.headers = cause.headers
    this.#counters.recordsOut.value++
    this.#next.process(out)
  }
}

/** What a change is about: the foreign key before and after, and the hash of the value now. */
interface Row {
  readonly before: unknown
  readonly after: unknown
  readonly hash: Buffer | null
}
