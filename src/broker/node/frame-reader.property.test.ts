import { fc, test as property } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { FrameReader } from './frame-reader.ts'

describe('FrameReader', () => {
  property.prop({
    bodies: fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }),
    cuts: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }),
  })('finds the same frames however the stream is cut', ({ bodies, cuts }) => {
    const stream = Buffer.concat(
      bodies.flatMap((body) => {
        const size = Buffer.alloc(4)
        size.writeInt32BE(body.length)
        return [size, body]
      }),
    )
    const reader = new FrameReader(() => 100)
    const frames: Buffer[] = []
    for (let at = 0, turn = 0; at < stream.length; turn++) {
      const step = cuts[turn % cuts.length] ?? 1
      const found = reader.push(stream.subarray(at, at + step))
      if (Array.isArray(found)) frames.push(...found)
      at += step
    }
    expect(frames.map((frame) => [...frame])).toEqual(bodies.map((body) => [...body]))
  })
})
