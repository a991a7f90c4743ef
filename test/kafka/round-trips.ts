/** Values of every type that our serdes write, that others' serialisers read and write again, and that our serdes read. */
import { everyAvroType } from '../../src/serde/avro/everything-fixture.ts'
import { everyJsonType } from '../../src/serde/json-schema/everything-fixture.ts'
import { everyProtoField } from '../../src/serde/protobuf/everything-fixture.ts'
import type { SchemaType } from '../../src/registry/contracts.ts'
import { OurSerdes, type RegistryKind, type WrittenValue } from './our-serdes.ts'

export interface RoundTrip {
  readonly topic: string
  readonly type: SchemaType
  readonly schema: string
  readonly value: unknown
  /** What is read of it: with defaults. */
  readonly read: unknown
}

/** Names of cases that somebody cannot take. */
export interface LeftOutCases {
  readonly avro?: RegExp
  readonly protobuf?: RegExp
  readonly types?: readonly SchemaType[]
}

/** @param prefix - of the topics, after the type */
export function roundTrips(prefix: string, without: LeftOutCases = {}): readonly RoundTrip[] {
  const avro = everyAvroType(without.avro)
  const all: readonly RoundTrip[] = [
    ...avro.values.map((value) => ({
      topic: `avro-${prefix}`,
      type: 'AVRO' as const,
      schema: avro.schema,
      value,
      read: value,
    })),
    ...everyProtoField(without.protobuf).flatMap(({ name, schema, values, read }) =>
      values.map((value, index) => ({
        topic: `protobuf-${prefix}-${name}`,
        type: 'PROTOBUF' as const,
        schema,
        value,
        read: read[index],
      })),
    ),
    ...everyJsonType.values.map((value) => ({
      topic: `json-${prefix}`,
      type: 'JSON' as const,
      schema: everyJsonType.schema,
      value,
      read: value,
    })),
  ]
  return all.filter(({ type }) => without.types?.includes(type) !== true)
}

export interface GivenValue extends Required<WrittenValue> {
  readonly topic: string
  readonly type: SchemaType
  readonly schema: string
}

export interface RoundTripParts {
  readonly kind: RegistryKind
  readonly config: Readonly<Record<string, string>>
  /** Reads values and writes them again, one for one. */
  readonly again: (given: readonly GivenValue[]) => Promise<readonly WrittenValue[]>
}

/** @returns what our serdes read of what was written again, one for one */
export async function readAgain(
  trips: readonly RoundTrip[],
  { kind, config, again }: RoundTripParts,
): Promise<unknown[]> {
  const made = new Map<SchemaType, OurSerdes>()
  const ours = (type: SchemaType): OurSerdes => {
    const serdes = made.get(type) ?? new OurSerdes(kind, type, config)
    made.set(type, serdes)
    return serdes
  }
  try {
    const given: GivenValue[] = []
    for (const { topic, type, schema, value } of trips)
      given.push({ topic, type, schema, ...(await ours(type).write(topic, { text: schema }, value)) })
    const written = await again(given)
    const read: unknown[] = []
    for (const [index, { topic, type }] of trips.entries())
      read.push(await ours(type).read(topic, written[index] ?? { data: '' }))
    return read
  } finally {
    for (const serdes of made.values()) await serdes[Symbol.asyncDispose]()
  }
}
