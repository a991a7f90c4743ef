import { seededRandom, type Random } from '../../../src/base/random.ts'
import { namespace, type Operation, type Plan, type PlannedRecord } from './plan.ts'

/** Makes a plan by chance, the same for the same seed. */
export class PlanBuilder {
  readonly random: Random
  readonly #counted: boolean
  readonly #operations: Operation[] = []
  readonly #topics: string[] = []

  /** @param counted - absent: by chance */
  constructor(seed: number, counted?: boolean) {
    this.random = seededRandom(seed)
    const chance = this.chance(0.5)
    this.#counted = counted ?? chance
  }

  below(count: number): number {
    return this.random.below(count)
  }

  chance(probability: number): boolean {
    return this.random.next() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  /** @returns the operation's id */
  add(op: string, fields: Readonly<Record<string, unknown>> = {}): string {
    // A branch is called after its split, with a digit behind it.
    const id = `o${this.#operations.length}${op === 'split' ? 'b' : ''}`
    this.#operations.push({ op, id, name: `${namespace}_${id}`, ...fields })
    return id
  }

  /** Whether a stream comes through an internal topic: which of two records of one time is read first, where two such meet, is left open. */
  isBehindTopic(stream: string): boolean {
    // A branch is called after its split.
    const made =
      this.#operations.find(({ id }) => id === stream) ??
      this.#operations.find(({ id, op }) => op === 'split' && id === stream.slice(0, -1))
    if (made === undefined) return false
    return (
      made.op === 'repartition' ||
      [made.in, made.with].some((one) => one !== undefined && this.isBehindTopic(one))
    )
  }

  stream(): string {
    return this.add('stream', { topic: this.#topic() })
  }

  /** A table's store is called after its topic. */
  table(fields: Readonly<Record<string, unknown>> = {}): string {
    const topic = this.#topic()
    return this.add('table', { topic, store: topic, ...fields })
  }

  globalTable(): string {
    const topic = this.#topic()
    return this.add('global-table', { topic, store: topic })
  }

  /** A store of its own, caching now and then. */
  store(): Readonly<Record<string, unknown>> {
    return { store: `store${this.#operations.length}`, ...(this.chance(0.3) ? { caching: true } : {}) }
  }

  /** Perhaps a store: for results that need none. */
  maybeStore(): Readonly<Record<string, unknown>> {
    return this.chance(0.5) ? this.store() : {}
  }

  /** A store, perhaps without a name: for results that need one. */
  namedStore(): Readonly<Record<string, unknown>> {
    return this.#counted && this.chance(0.5) ? {} : this.store()
  }

  /** Writes a stream to a topic of its own. */
  to(stream: string, value: 'string' | 'long' = 'string'): void {
    this.add('to', { in: stream, topic: `out${this.#operations.length}`, value })
  }

  tableTo(table: string, value: 'string' | 'long' = 'string'): void {
    this.to(this.add('to-stream', { in: table }), value)
  }

  #topic(): string {
    const topic = `in${this.#topics.length}`
    this.#topics.push(topic)
    return topic
  }

  /** @param stepMs - how far time goes on from record to record at most; `nullValues`: how many values are null */
  finish(stepMs: number, nullValues = 0.12): Plan {
    this.#useStreams()
    const count = 10 + this.below(50)
    let nowMs = this.below(50)
    const records = Array.from({ length: count }, (): PlannedRecord => {
      nowMs += this.chance(0.3) ? 0 : this.below(this.chance(0.05) ? stepMs * 8 : stepMs)
      const timestampMs = this.chance(0.25) ? Math.max(0, nowMs - this.below(stepMs * 6)) : nowMs
      return this.#record(timestampMs, nullValues)
    })
    return { counted: this.#counted, operations: this.#operations, records }
  }

  /** A stream that nobody reads is not there in Weft. */
  #useStreams(): void {
    const used = new Set(this.#operations.flatMap((operation) => [operation.in, operation.with]))
    const unused = this.#operations.filter(({ op, id }) => op === 'stream' && !used.has(id))
    for (const { id } of unused) this.to(id)
  }

  #record(timestampMs: number, nullValues: number): PlannedRecord {
    const value = this.chance(nullValues) ? null : this.pick(values)
    return {
      topic: this.pick(this.#topics),
      key: this.chance(0.04) ? null : this.pick(keys),
      value,
      timestampMs,
      ...(this.chance(0.2) ? { headers: [['h', String(this.below(9))] as const] } : {}),
    }
  }
}

const keys = ['a', 'b', 'c', 'd']
const values = ['a1', 'b2', 'c3', 'a4', 'd5', 'bx', 'n6', 'long7', 'd8', 'ab', 'x']
