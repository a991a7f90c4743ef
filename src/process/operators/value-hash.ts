import { ByteWriter } from '../../base/byte-writer.ts'
import { murmur3 } from '../../base/murmur3.ts'
import type { Format } from '../../data/types.ts'
import type { Serde } from '../../serde/serde.ts'
import type { NodeId } from '../../topology/topology.ts'
import type { ProcessEnvironment } from '../environment.ts'

/** Tells versions of a row apart, by the bytes of their values: those of one table are the same wherever it is asked. */
export class ValueHash {
  readonly #serde: Serde
  readonly #writer = new ByteWriter()

  constructor(value: Format, table: NodeId, env: ProcessEnvironment) {
    this.#serde = env.serde(value, env.topics.internal(`${table}-hash`), 'value')
    this.#serde.prepare?.()
  }

  /** Null for a row that is gone. */
  of(value: unknown): Buffer | null {
    if (value === null) return null
    const writer = this.#writer
    writer.reset()
    this.#serde.encode(value, writer, undefined)
    return murmur3(writer.buffer, 0, writer.length)
  }
}

export function sameHash(left: Buffer | null, right: Buffer | null): boolean {
  return left === null || right === null ? left === right : left.equals(right)
}
