import { materialize } from '../../data/lazy.ts'
import type { PrintNode } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'
import type { Processor, StreamRecord } from '../processor.ts'
import { nodeCounters, type NodeCounters } from './node-counters.ts'
import { UserFunction } from './user-function.ts'

/** Prints `[label]: key, value`, or the line that a function makes. */
export class Print implements Processor {
  readonly #label: string
  readonly #file: string | undefined
  readonly #mapper: UserFunction | undefined
  readonly #print: (line: string, file: string | undefined) => void
  readonly #counters: NodeCounters

  constructor(node: PrintNode, env: ProcessEnvironment) {
    this.#label = node.label
    this.#file = node.file
    this.#mapper = node.mapper === undefined ? undefined : new UserFunction(node.mapper, node.id, env)
    this.#print = env.print ?? ((line) => env.logger.info('print', { line }))
    this.#counters = nodeCounters(env.metrics, node.id)
  }

  process(record: StreamRecord): void {
    this.#counters.recordsIn.value++
    const line =
      this.#mapper === undefined
        ? `[${this.#label}]: ${asText(record.key)}, ${asText(record.value)}`
        : asText(this.#mapper.call2(record.key, record.value))
    this.#print(line, this.#file)
  }
}

function asText(value: unknown): string {
  const plain = materialize(value)
  if (typeof plain === 'string') return plain
  if (typeof plain !== 'object' || plain === null) return String(plain)
  return JSON.stringify(plain, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
}
