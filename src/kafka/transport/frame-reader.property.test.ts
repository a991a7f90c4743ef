import { BufferPool } from '../../base/buffer-pool.ts'
import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import { FrameReader } from './frame-reader.ts'

const frames = fc.array(fc.uint8Array({ minLength: 4, maxLength: 200 }), { maxLength: 20 })

function framed(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const head = Buffer.alloc(4)
      head.writeInt32BE(body.length)
      return [head, Buffer.from(body)]
    }),
  )
}

test.prop([frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 })])(
  'gives the same frames however the stream is cut into chunks',
  (bodies, sizes) => {
    const stream = framed(bodies)
    const got: Buffer[] = []
    const reader = new FrameReader(new BufferPool(1_000_000), (frame) => got.push(Buffer.from(frame)))
    for (let at = 0, turn = 0; at < stream.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1
      reader.push(stream.subarray(at, at + size))
      at += size
    }
    expect(got.map((frame) => frame.toString('hex'))).toEqual(
      bodies.map((body) => Buffer.from(body).toString('hex')),
    )
  },
)

test('says that a port speaks TLS when an alert comes instead of an answer', () => {
  const reader = new FrameReader(new BufferPool(1_000_000), () => {})
  const alert = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46])
  expect(thrownBy(() => reader.push(alert)).hint).toBe(
    'This port speaks TLS: turn on TLS for the connection, or use the plaintext port.',
  )
})

test('says that a port speaks HTTP when it answers so', () => {
  const reader = new FrameReader(new BufferPool(1_000_000), () => {})
  const error = thrownBy(() => reader.push(Buffer.from('HTTP/1.1 400 Bad Request\r\n')))
  expect(error.code).toBe('PROTOCOL_MALFORMED')
  expect(error.hint).toBe('This port speaks HTTP: give the address of a Kafka broker.')
})

function thrownBy(work: () => void): StreamError {
  try {
    work()
  } catch (error) {
    if (error instanceof StreamError) return error
  }
  throw new Error('nothing was thrown')
}
