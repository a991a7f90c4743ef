import { isDeepStrictEqual } from 'node:util'
import { fc } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../base/byte-writer.ts'
import { StreamError } from '../base/errors.ts'
import { apis } from './apis.ts'
import {
  assignmentCodec,
  decodeAssignment,
  decodeSubscription,
  subscriptionCodec,
} from './consumer-protocol.ts'
import type { TableCodec } from './message/codec.ts'
import { messageArbitrary } from './messages-fixture.ts'

const runs = Number(process.env['PROPERTY_RUNS'] ?? 4)

function encode(codec: TableCodec<unknown>, message: unknown, version: number): Buffer {
  const writer = new ByteWriter(64)
  codec.encode(message, version, writer)
  return writer.copy()
}

/** Decodes what may be anything; only the one error is allowed. */
function decodeAnything(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== 'PROTOCOL_MALFORMED') throw error
  }
}

const cuts = fc.record({
  keep: fc.double({ min: 0, max: 1, noNaN: true }),
  at: fc.nat(),
  byte: fc.nat(255),
})

function checkMessage(codec: TableCodec<unknown>, version: number): void {
  const message = messageArbitrary(codec.fields, version)
  fc.assert(
    fc.property(message, cuts, (value, cut) => {
      const bytes = encode(codec, value, version)
      const decoded = codec.decode(bytes, version)
      if (!isDeepStrictEqual(decoded, value)) expect(decoded).toEqual(value)
      expect(encode(codec, decoded, version).equals(bytes)).toBe(true)
      const broken = Buffer.from(bytes.subarray(0, Math.floor(bytes.length * cut.keep)))
      decodeAnything(() => codec.decode(broken, version))
      const changed = Buffer.from(bytes)
      if (changed.length > 0) changed[cut.at % changed.length] = cut.byte
      decodeAnything(() => codec.decode(changed, version))
      if (bytes.length > 0) expect(() => codec.decode(bytes.subarray(0, -1), version)).toThrow(StreamError)
      expect(() => codec.decode(Buffer.concat([bytes, Buffer.of(0)]), version)).toThrow(StreamError)
    }),
    { numRuns: runs },
  )
}

function checkNoise(codec: TableCodec<unknown>, version: number): void {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.array(fc.constantFrom(0, 1, 2, 127, 128, 255), { maxLength: 400 }),
  )
  const check = (bytes: ArrayLike<number>): void =>
    decodeAnything(() => codec.decode(Buffer.from(bytes as number[]), version))
  fc.assert(fc.property(noise, check), { numRuns: runs * 3 })
}

describe.each(Object.entries(apis))('%s', (_name, api) => {
  test.each(['request', 'response'] as const)('its %s comes back as it went, in every version', (side) => {
    for (let version = api.minVersion; version <= api.maxVersion; version++) {
      checkMessage(api[side], version)
      checkNoise(api[side], version)
    }
  })
})

test.each([subscriptionCodec, assignmentCodec] as TableCodec<unknown>[])(
  'a message of the consumer protocol comes back as it went, in every version',
  (codec) => {
    for (let version = 0; version <= 3; version++) checkMessage(codec, version)
  },
)

test('a message of the consumer protocol from any bytes is a message or an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (content) => {
      const bytes = Buffer.concat([Buffer.of(0, content[0] ?? 0), content])
      decodeAnything(() => decodeSubscription(bytes))
      decodeAnything(() => decodeAssignment(bytes))
    }),
  )
})
