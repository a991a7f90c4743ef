import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { StreamError } from '../base/errors.ts'
import { schemaTypes, type Framing } from './contracts.ts'
import { caller, openTestServer } from './fixtures/test-registry.ts'
import { readSchema } from './schemas/read-schema.ts'
import { apicurioFraming } from './wire/apicurio-framing.ts'
import { confluentFraming } from './wire/confluent-framing.ts'

/** `FUZZ_RUNS` makes more of it. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 200)

/** Valid texts to cut and mix: what is wrong with them then is deeper inside than in noise. */
const texts = [
  '{"type":"record","name":"A","namespace":"n","fields":[{"name":"a","type":["null","long"],"default":null,"aliases":["b"]}]}',
  '{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}',
  '{"$id":"x","type":"object","properties":{"a":{"$ref":"#/properties/b"},"b":{"type":["string","null"],"pattern":"^a"}},"required":["a"]}',
  'syntax = "proto3"; package a.b; import "google/protobuf/any.proto"; message M { map<string, N> n = 1; oneof o { int32 i = 2; } message N { reserved 1 to max; } }',
  'edition = "2023"; enum E { option features.enum_type = CLOSED; A = 1 [deprecated = true]; } service S { rpc R (stream E) returns (E); }',
]

/** Parts of valid texts in another order, with noise between. */
const mixed = fc
  .array(fc.tuple(fc.constantFrom(...texts), fc.nat(200), fc.nat(60), fc.string({ maxLength: 3 })), {
    maxLength: 6,
  })
  .map((parts) =>
    parts.map(([text, start, length, noise]) => text.slice(start, start + length) + noise).join(''),
  )

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return error instanceof StreamError ? error.code : String(error)
  }
}

describe('whatever a schema is', () => {
  property.prop([fc.oneof(mixed, fc.string(), fc.json()), fc.constantFrom(...schemaTypes)], {
    numRuns: 3000,
  })('it is read, or named as not valid', (text, type) => {
    expect([undefined, 'SCHEMA_INVALID']).toContain(codeOf(() => readSchema(type, text, [])))
  })

  test.each(['__proto__', 'constructor;', 'message M { __proto__ = 1; }', '{"type":"__proto__"}'])(
    'words that every object answers to are no statements: %s',
    (text) => {
      for (const type of schemaTypes)
        expect([undefined, 'SCHEMA_INVALID']).toContain(codeOf(() => readSchema(type, text, [])))
    },
  )

  property.prop([mixed, mixed, fc.constantFrom(...schemaTypes)], { numRuns: Math.ceil(runs / 10) })(
    'the server gives an answer of its own, never an internal error',
    async (first, second, schemaType) => {
      const server = await openTestServer()
      for (const schema of [first, second]) {
        const { status } = await caller(server)('POST', '/subjects/s/versions', { schema, schemaType })
        expect([200, 409, 422]).toContain(status)
      }
    },
  )
})

describe('whatever a value is', () => {
  const framings: readonly Framing[] = schemaTypes.flatMap((type) => [
    confluentFraming({ side: 'value', type, writeIdTo: 'payload' }),
    ...([4, 8, 'either'] as const).flatMap((idBytes) =>
      (['name', 'path', 'none'] as const).map((message) =>
        apicurioFraming({ side: 'value', type, idKind: 'contentId', idBytes, writeIdTo: 'payload', message }),
      ),
    ),
  ])
  const bytes = fc.uint8Array({ maxLength: 24 }).map((array) => Buffer.from(array))
  const zeros = bytes.map((tail) => Buffer.concat([Buffer.from([0, 0, 0, 0]), tail]))
  const header = fc.record({
    key: fc.constantFrom('__value_schema_id', 'apicurio.value.contentId', 'apicurio.value.globalId', 'other'),
    value: fc.option(bytes),
  })

  property.prop([fc.oneof(bytes, zeros), fc.option(fc.array(header, { maxLength: 2 }))], { numRuns: runs })(
    'its frame is read and ends inside it, or it is named as malformed',
    (buffer, headers) => {
      const codes = framings.map((framing) =>
        codeOf(() => {
          const { bodyStart } = framing.read(buffer, 0, buffer.length, headers ?? undefined)
          if (bodyStart > buffer.length) throw new Error(`a body at ${bodyStart} of ${buffer.length}`)
        }),
      )
      expect(codes.filter((code) => code !== undefined && code !== 'VALUE_MALFORMED')).toEqual([])
    },
  )
})
