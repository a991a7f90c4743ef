/** Primitives as the JVM's serializers write them: big-endian numbers of fixed width, UTF-8 text, raw bytes. */
import { StreamError } from '../../base/errors.ts'
import { materialize } from '../../data/lazy.ts'
import { TextSlice } from '../../data/text-slice.ts'
import type { PrimitiveKind } from '../../data/types.ts'
import type { Serde } from '../serde.ts'
import { decodeText } from '../text.ts'

const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n

function mismatch(expected: string, value: unknown): never {
  throw new StreamError('VALUE_TYPE_MISMATCH', `expected ${expected} and got ${describe(value)}`, {
    hint: 'Declare the type that the value has, or convert it.',
  })
}

/** The kind of a value, never its content. */
function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'number' && !Number.isInteger(value)
    ? 'a number with decimals'
    : `a ${typeof value}`
}

function checkSize(start: number, end: number, bytes: number, name: string): void {
  if (end - start !== bytes) {
    throw new StreamError(
      'VALUE_MALFORMED',
      `value of type ${name} has ${end - start} bytes instead of ${bytes}`,
    )
  }
}

function integer(name: PrimitiveKind, bytes: 1 | 2 | 4): Serde {
  const limit = 2 ** (8 * bytes - 1)
  return {
    decode: (buffer, start, end) => {
      checkSize(start, end, bytes, name)
      return buffer.readIntBE(start, bytes)
    },
    encode: (value, writer) => {
      const plain = typeof value === 'bigint' ? Number(value) : value
      if (typeof plain !== 'number' || !Number.isInteger(plain) || plain < -limit || plain >= limit)
        mismatch(`a whole number of type ${name}`, value)
      const at = writer.reserve(bytes)
      writer.buffer.writeIntBE(plain, at, bytes)
    },
  }
}

const long: Serde = {
  decode: (buffer, start, end) => {
    checkSize(start, end, 8, 'long')
    const value = buffer.readInt32BE(start) * 4_294_967_296 + buffer.readUInt32BE(start + 4)
    return Number.isSafeInteger(value) ? value : buffer.readBigInt64BE(start)
  },
  encode: (value, writer) => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return writer.writeInt64(value)
    if (typeof value !== 'bigint' || value < int64Min || value > int64Max)
      mismatch('a whole number of type long', value)
    const at = writer.reserve(8)
    writer.buffer.writeBigInt64BE(value, at)
  },
}

function floating(name: 'float' | 'double'): Serde {
  const bytes = name === 'float' ? 4 : 8
  return {
    decode: (buffer, start, end) => {
      checkSize(start, end, bytes, name)
      return name === 'float' ? buffer.readFloatBE(start) : buffer.readDoubleBE(start)
    },
    encode: (value, writer) => {
      if (typeof value !== 'number' && typeof value !== 'bigint') mismatch(`a number of type ${name}`, value)
      const at = writer.reserve(bytes)
      if (name === 'float') writer.buffer.writeFloatBE(Number(value), at)
      else writer.buffer.writeDoubleBE(Number(value), at)
    },
  }
}

const text: Serde = {
  decode: (buffer, start, end) => decodeText(buffer, start, end),
  encode: (value, writer) => {
    if (value instanceof TextSlice) return writer.writeBytes(value.buffer, value.start, value.end)
    const plain = materialize(value)
    if (typeof plain !== 'string') mismatch('text', plain)
    writer.writeUtf8(plain)
  },
}

const boolean: Serde = {
  decode: (buffer, start, end) => {
    checkSize(start, end, 1, 'boolean')
    return buffer[start] !== 0
  },
  encode: (value, writer) => {
    if (typeof value !== 'boolean') mismatch('true or false', value)
    writer.writeInt8(value ? 1 : 0)
  },
}

const bytes: Serde = {
  decode: (buffer, start, end) => new Uint8Array(buffer.subarray(start, end)),
  encode: (value, writer) => {
    if (!(value instanceof Uint8Array)) mismatch('bytes', value)
    const isBuffer = Buffer.isBuffer(value)
    writer.writeBytes(isBuffer ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength))
  },
}

const nothing: Serde = {
  decode: () => null,
  encode: (value) => {
    if (value !== null) mismatch('null', value)
  },
}

/** By kind; kinds that are missing here have no fixed bytes of their own. */
export const primitiveSerdes: Readonly<Partial<Record<string, Serde>>> = {
  string: text,
  long,
  timestamp: long,
  int: integer('int', 4),
  short: integer('short', 2),
  byte: integer('byte', 1),
  float: floating('float'),
  double: floating('double'),
  boolean,
  bytes,
  null: nothing,
}
