import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { FrameReader } from './frame-reader.ts'

describe('FrameReader', () => {
  property.prop({
    bodies: fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }),
    cuts: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }),
  })('finds the same frames however the stream is cut', ({ bodies, cuts }) => {
    expect(readAll(bodies, cuts)).toEqual(bodies.map((body) => Buffer.from(body)))
  })

  property.prop({
    sizes: fc.array(fc.integer({ min: 0, max: 1_500_000 }), { minLength: 1, maxLength: 3 }),
    cut: fc.integer({ min: 50_000, max: 300_000 }),
  })(
    'gathers large frames in memory that grows, and is used again',
    ({ sizes, cut }) => {
      const bodies = sizes.map((size, index) => Buffer.alloc(size, index + 1))
      const frames = readAll(bodies, [cut])
      expect(frames.map((frame, index) => frame.equals(bodies[index] ?? frame.subarray(1)))).toEqual(
        sizes.map(() => true),
      )
    },
    20_000,
  )

  test('a size beyond the limit is told before anything is kept for it', () => {
    expect(new FrameReader(() => 100).push(withSize(Buffer.alloc(101)))).toEqual({
      kind: 'oversized',
      sizeBytes: 101,
    })
  })
})

/** What a reader makes of a stream of frames that comes in pieces; each piece is written over when it has been taken. */
function readAll(bodies: readonly Uint8Array[], cuts: readonly number[]): Buffer[] {
  const stream = Buffer.concat(bodies.map(withSize))
  const reader = new FrameReader(() => 2_000_000)
  const frames: Buffer[] = []
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const step = cuts[turn % cuts.length] ?? 1
    const chunk = Buffer.from(stream.subarray(at, at + step))
    const found = reader.push(chunk)
    chunk.fill(0xff)
    if (!Array.isArray(found)) throw new Error(`${found.kind}: ${found.sizeBytes} bytes`)
    // As the listener does when a request has been served.
    frames.push(...found.map((frame) => Buffer.from(frame)))
    for (const frame of found) reader.release(frame)
    at += step
  }
  return frames
}

function withSize(body: Uint8Array): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}
