import { fc, test as property } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { ByteWriter } from '../base/byte-writer.ts'
import {
  putVarint,
  putVarlong,
  unsignedVarintSize,
  unzigzag64,
  varintSize,
  varlongSize,
  writeUnsignedVarint,
} from './varint.ts'

/** The definition, in BigInt. */
function zigzagBytes(value: number): number[] {
  return unsignedBytes(BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n)))
}

function unsignedBytes(value: bigint): number[] {
  return value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...unsignedBytes(value >> 7n)]
}

const long = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -100, max: 100 }))

describe('variable-length integers', () => {
  property.prop([fc.integer()])('of 32 bits are written as defined', (value) => {
    const buffer = Buffer.alloc(12)
    const end = putVarint(buffer, 1, value)
    expect([...buffer.subarray(1, end)]).toEqual(zigzagBytes(value))
    expect(varintSize(value)).toBe(end - 1)
  })

  property.prop([long])('of 64 bits are written as defined', (value) => {
    const buffer = Buffer.alloc(12)
    const end = putVarlong(buffer, 1, value)
    expect([...buffer.subarray(1, end)]).toEqual(zigzagBytes(value))
    expect(varlongSize(value)).toBe(end - 1)
  })

  property.prop([fc.nat(4_294_967_295)])('without sign are written as defined', (value) => {
    const writer = new ByteWriter(1)
    writeUnsignedVarint(writer, value)
    expect([...writer.view()]).toEqual(unsignedBytes(BigInt(value)))
    expect(unsignedVarintSize(value)).toBe(writer.length)
  })

  property.prop([long])('of 64 bits come back from their halves', (value) => {
    const zigzag = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
    expect(unzigzag64(Number(zigzag >> 32n), Number(zigzag & 0xff_ff_ff_ffn))).toBe(value)
  })
})
