import * as fc from 'fast-check'
import {
  defaultOf,
  versionIn,
  type Field,
  type Fields,
  type Primitive,
  type WireType,
} from './message/fields.ts'

const primitives: Readonly<Record<Primitive, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  uint16: fc.nat(65_535),
  int32: fc.integer(),
  uint32: fc.nat(4_294_967_295),
  int64: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(2 ** 63, -(2 ** 63), -1)),
  float64: fc.double(),
  uuid: fc.stringMatching(/^[0-9a-f]{32}$/),
  string: fc.oneof(fc.string(), fc.string({ unit: 'grapheme', minLength: 40, maxLength: 300 })),
  bytes: fc.uint8Array({ maxLength: 200 }).map((content) => Buffer.from(content)),
  records: fc.uint8Array({ maxLength: 200 }).map((content) => Buffer.from(content)),
}

/** Messages of these fields, filled: what a version lacks has its default, which is what decoding must give. */
export function messageArbitrary(fields: Fields, version: number): fc.Arbitrary<unknown> {
  const entries = Object.entries(fields).map(
    ([name, field]) => [name, fieldArbitrary(field, version)] as const,
  )
  return fc.record(Object.fromEntries(entries))
}

function fieldArbitrary(field: Field<unknown>, version: number): fc.Arbitrary<unknown> {
  if (!versionIn(version, field.versions)) return fc.constant(defaultOf(field))
  const value = wireArbitrary(field.wire, version)
  return versionIn(version, field.nullable) ? fc.option(value, { freq: 4 }) : value
}

function wireArbitrary(wire: WireType, version: number): fc.Arbitrary<unknown> {
  if (wire.kind === 'primitive') return primitives[wire.type]
  if (wire.kind === 'struct') return messageArbitrary(wire.fields, version)
  return fc.array(wireArbitrary(wire.element, version), { maxLength: 3 })
}
