/**
 * Calls a function each time that time has come to a multiple of `every`: the task's stream time, at the first record too, or the clock's, not
 * before `every` has passed. However many multiples were passed at once, it is called once, as in Kafka Streams.
 *
 * For stream time the next one is part of the commit, as that itself is: a task that starts again goes on where it was.
 */
import type { PunctuateNode } from '../../topology/punctuate-node.ts'
import type { EventTime, ProcessEnvironment } from '../environment.ts'
import { StreamRecord, type Processor, type Punctuator, type TaskContext } from '../processor.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'
import { UserFunction } from './user-function.ts'

export class Punctuate implements Processor, Punctuator {
  readonly #everyMs: number
  readonly #isWallClock: boolean
  readonly #context: TaskContext
  readonly #due: EventTime
  readonly #punctuator: UserFunction
  readonly #next: Processor
  readonly #counters: NodeCounters
  readonly #out = new StreamRecord()

  constructor(node: PunctuateNode, env: ProcessEnvironment, next: Processor) {
    this.#everyMs = node.everyMs
    this.#isWallClock = node.time === 'wall-clock'
    this.#context = env.context
    this.#due = this.#isWallClock ? { ms: env.context.clock.nowMs() + node.everyMs } : env.eventTime(node.id)
    this.#punctuator = new UserFunction(node.punctuator, node.id, env)
    this.#next = next
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(): void {
    this.#counters.recordsIn.value++
  }

  punctuate(): boolean {
    const { clock, streamTimeMs } = this.#context
    const nowMs = this.#isWallClock ? clock.nowMs() : streamTimeMs
    const due = this.#due
    if (nowMs < 0 || nowMs < due.ms) return false
    const firstMs = Math.max(0, due.ms)
    due.ms = firstMs + (Math.floor((nowMs - firstMs) / this.#everyMs) + 1) * this.#everyMs
    this.#call(nowMs)
    return true
  }

  #call(nowMs: number): void {
    const pairs = this.#punctuator.call1(nowMs)
    if (pairs === null) return
    if (!Array.isArray(pairs)) throw this.#punctuator.unusable(pairs, 'a list of keys and values')
    for (const pair of pairs) this.#forward(pair, nowMs)
  }

  #forward(pair: unknown, nowMs: number): void {
    if (!Array.isArray(pair) || pair.length !== 2) throw this.#punctuator.unusable(pair, 'a key and a value')
    const out = this.#out
    out.key = pair[0] ?? null
    out.value = pair[1] ?? null
    out.timestampMs = nowMs
    this.#counters.recordsOut.value++
    this.#next.process(out)
  }
}
