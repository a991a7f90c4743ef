/** Values that another serialiser wrote, read by our serde of their topic and written by ours to another one. */
import { expect } from 'vitest'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { materialize } from '../../src/data/lazy.ts'
import type { Format } from '../../src/data/types.ts'
import type { NotationType } from '../../src/data/notation-types.ts'
import type { Frame, SchemaType } from '../../src/registry/contracts.ts'
import { Formats } from '../../src/serde/formats.ts'
import { Registries } from '../../src/serde/registries.ts'

const notationOf = {
  AVRO: 'confluent_avro',
  PROTOBUF: 'confluent_protobuf',
  JSON: 'confluent_jsonschema',
} as const satisfies Record<SchemaType, NotationType>

type TextHeaders = readonly (readonly [string, string])[]

/** Bytes are in base64. */
export interface WrittenValue {
  readonly data: string
  readonly headers?: TextHeaders
}

export interface WrittenAnew extends Required<WrittenValue> {
  readonly topic: string
  /** What our serde read. */
  readonly value: unknown
  /** How the value that was given named its schema. */
  readonly frame: Pick<Frame, 'kind' | 'messagePath'>
}

export interface AnewOptions {
  readonly url: string
  /** Of the topic that is written: `ours-NAME`. */
  readonly name: string
  readonly type: SchemaType
  readonly config?: Readonly<Record<string, string>>
  /** The full name of a message that is not its file's first. */
  readonly message?: string
}

export async function writtenAnew(
  { data, headers = [] }: WrittenValue,
  { url, name, type, config = {}, message }: AnewOptions,
): Promise<WrittenAnew> {
  const notations = { it: { type: notationOf[type], config: { ...config, 'schema.registry.url': url } } }
  const registries = new Registries({ notations, clock: systemClock, random: systemRandom })
  const formats = new Formats({
    notations,
    registryOf: (notation) => registries.of(notation),
    clock: systemClock,
    logger: silentLogger,
  })
  const settled = async (): Promise<void> => {
    await expect.poll(() => formats.waiting).toBe(false)
    formats.check()
  }
  try {
    const bytes = Buffer.from(data, 'base64')
    const found = headers.map(([key, value]) => ({ key, value: Buffer.from(value, 'base64') }))
    const any: Format = { notation: 'it', type: { kind: 'any' } }
    const reader = formats.serde(any, `theirs-${name}`, 'value')
    reader.missing?.(bytes, 0, bytes.length, found)
    await settled()
    const value = materialize(reader.decode(bytes, 0, bytes.length, found))

    const registry = registries.of('it')
    if (registry === undefined) throw new Error('the notation has a registry')
    const frame = registry.framing('value', type).read(bytes, 0, bytes.length, found)
    const { text, references } = await registry.fetch(frame)
    const topic = `ours-${name}`
    const writer = formats.serde(
      { ...any, source: { text, references }, ...(message !== undefined && { schema: message }) },
      topic,
      'value',
    )
    writer.prepare?.()
    await settled()
    const [to, added]: [ByteWriter, { key: string; value: Buffer | null }[]] = [new ByteWriter(), []]
    writer.encode(value, to, added)
    return {
      topic,
      value,
      frame: { kind: frame.kind, messagePath: frame.messagePath },
      data: to.copy().toString('base64'),
      headers: added.map(({ key, value }) => [key, (value ?? Buffer.of()).toString('base64')]),
    }
  } finally {
    formats.close()
    await registries.close()
  }
}
