/**
 * Avro's `big-decimal`: within bytes, the digits as bytes of their own, and the scale as an int. As a value it is the text that Java's
 * `BigDecimal` has, so that digits and scale, a negative one too, come back as they were.
 */
import { ByteWriter } from '../../base/byte-writer.ts'
import { formatScaled, parseScaled } from '../../data/decimal.ts'
import { AvroReader } from './avro-reader.ts'
import { AvroWriter } from './avro-writer.ts'
import { bigintOfBytes, bytesOfBigint } from './logical-values.ts'

const reader = new AvroReader()
const writer = new AvroWriter()

/** @throws StreamError `VALUE_MALFORMED` for bytes that no big-decimal has */
export function bigDecimalOfBytes(bytes: Uint8Array): string {
  reader.begin(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
  const unscaled = bigintOfBytes(reader.readBytes())
  const scale = reader.readInt()
  reader.finish()
  return formatScaled({ unscaled, scale })
}

/** @returns undefined where the value is no number, or has too many digits */
export function bytesOfBigDecimal(value: unknown): Uint8Array | undefined {
  const decimal = parseScaled(value)
  if (decimal === undefined) return undefined
  const target = new ByteWriter(16)
  writer.begin(target)
  writer.writeBytes(bytesOfBigint(decimal.unscaled))
  writer.writeIndex(decimal.scale)
  writer.finish()
  return new Uint8Array(target.buffer.subarray(0, target.length))
}
