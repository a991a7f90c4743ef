/** Our serdes as others' serialisers are used: a value of a topic, a registry, done. */
import { expect } from 'vitest'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { systemClock } from '../../src/base/clock.ts'
import type { Headers } from '../../src/base/headers.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { materialize } from '../../src/data/lazy.ts'
import type { NotationType } from '../../src/data/notation-types.ts'
import type { Format } from '../../src/data/types.ts'
import type { SchemaRegistry, SchemaType } from '../../src/registry/contracts.ts'
import { Formats } from '../../src/serde/formats.ts'
import { Registries } from '../../src/serde/registries.ts'

export type RegistryKind = 'confluent' | 'apicurio'

const notationOf = { AVRO: 'avro', PROTOBUF: 'protobuf', JSON: 'jsonschema' } as const

/** Bytes are in base64, as other programs take and give them. */
export interface WrittenValue {
  readonly data: string
  readonly headers?: readonly (readonly [string, string])[]
}

export interface WritingSchema extends NonNullable<Format['source']> {
  /** The full name of a message that is not its file's first. */
  readonly message?: string | undefined
}

const any: Format = { notation: 'it', type: { kind: 'any' } }

export class OurSerdes implements AsyncDisposable {
  readonly #registries: Registries
  readonly #formats: Formats
  readonly type: SchemaType

  constructor(kind: RegistryKind, type: SchemaType, config: Readonly<Record<string, string>>) {
    const notation: NotationType = `${kind}_${notationOf[type]}`
    const notations = { it: { type: notation, config } }
    this.type = type
    this.#registries = new Registries({ notations, clock: systemClock, random: systemRandom })
    this.#formats = new Formats({
      notations,
      registryOf: (name) => this.#registries.of(name),
      clock: systemClock,
      logger: silentLogger,
    })
  }

  get registry(): SchemaRegistry {
    const registry = this.#registries.of('it')
    if (registry === undefined) throw new Error('the notation has a registry')
    return registry
  }

  /** By the schema that the value names. */
  async read(topic: string, { data, headers }: WrittenValue): Promise<unknown> {
    const serde = this.#formats.serde(any, topic, 'value')
    const bytes = Buffer.from(data, 'base64')
    const found = headersOf(headers)
    serde.missing?.(bytes, 0, bytes.length, found)
    await this.#settled()
    return materialize(serde.decode(bytes, 0, bytes.length, found))
  }

  async write(
    topic: string,
    { message, ...source }: WritingSchema,
    value: unknown,
  ): Promise<Required<WrittenValue>> {
    const format = { ...any, source, ...(message !== undefined && { schema: message }) }
    const serde = this.#formats.serde(format, topic, 'value')
    serde.prepare?.()
    await this.#settled()
    const [to, added]: [ByteWriter, Headers[number][]] = [new ByteWriter(), []]
    serde.encode(value, to, added)
    return {
      data: to.copy().toString('base64'),
      headers: added.map(({ key, value: bytes }) => [key, Buffer.from(bytes ?? []).toString('base64')]),
    }
  }

  async #settled(): Promise<void> {
    await expect.poll(() => this.#formats.waiting, { interval: 5, timeout: 30_000 }).toBe(false)
    this.#formats.check()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#formats.close()
    await this.#registries.close()
  }
}

export function headersOf(headers: WrittenValue['headers'] = []): Headers {
  return headers.map(([key, value]) => ({ key, value: Buffer.from(value, 'base64') }))
}
