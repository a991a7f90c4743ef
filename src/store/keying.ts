/**
 * How a store tells keys apart. Strings and whole numbers stand for themselves in the overlay's map; any other key stands as the text
 * (latin1) of its encoded bytes, so that a lazy key and a plain one are the same. One store uses one of these ways, never a mixture.
 */
import { ByteWriter } from '../base/byte-writer.ts'
import { StreamError } from '../base/errors.ts'
import { materialize } from '../data/lazy.ts'
import type { Format } from '../data/types.ts'
import type { Serde } from '../serde/serde.ts'
import type { StoreKeyIdentity } from './contracts.ts'

export interface Keying {
  /** @throws StreamError `VALUE_TYPE_MISMATCH` for a key of another type */
  identity(key: unknown): StoreKeyIdentity
  /** Appends the encoded key. */
  write(identity: StoreKeyIdentity, writer: ByteWriter): void
  fromBytes(bytes: Buffer): StoreKeyIdentity
  /** A key of its own for whoever iterates. */
  key(identity: StoreKeyIdentity): unknown
}

/** Keys written by a serde: the record keys of topics. */
export function serdeKeying(serde: Serde, format: Format): Keying {
  const kind = format.type.kind
  const binary = format.notation === 'binary' || format.notation === 'default'
  if (binary && kind === 'string') return plainKeying(serde, stringIdentity)
  if (binary && wholeNumberKinds.has(kind)) return plainKeying(serde, numberIdentity)
  return encodedKeying(serde)
}

const wholeNumberKinds: ReadonlySet<string> = new Set(['byte', 'short', 'int', 'long'])

/** The same keys behind bytes that set them apart from others in one engine. */
export function prefixedKeying(prefix: Buffer, keys: Keying): Keying {
  return {
    identity: (key) => keys.identity(key),
    write: (identity, writer) => {
      writer.writeBytes(prefix)
      keys.write(identity, writer)
    },
    fromBytes: (bytes) => keys.fromBytes(bytes.subarray(prefix.length)),
    key: (identity) => keys.key(identity),
  }
}

function plainKeying(serde: Serde, identity: (key: unknown) => StoreKeyIdentity): Keying {
  return {
    identity,
    write: (key, writer) => serde.encode(key, writer, undefined),
    fromBytes: (bytes) => identity(serde.decode(bytes, 0, bytes.length, undefined)),
    key: (identity) => identity,
  }
}

function stringIdentity(key: unknown): StoreKeyIdentity {
  if (typeof key === 'string') return key
  const plain = materialize(key)
  if (typeof plain === 'string') return plain
  throw keyMismatch(plain, 'string')
}

function numberIdentity(key: unknown): StoreKeyIdentity {
  if (typeof key === 'number') return key
  const plain = materialize(key)
  if (typeof plain === 'number') return plain
  if (typeof plain === 'bigint') return Number.isSafeInteger(Number(plain)) ? Number(plain) : plain
  throw keyMismatch(plain, 'number')
}

function encodedKeying(serde: Serde): Keying {
  const scratch = new ByteWriter()
  return {
    identity: (key) => {
      if (key === null || key === undefined) throw keyMismatch(key, 'encoded')
      scratch.reset()
      serde.encode(key, scratch, undefined)
      return scratch.buffer.latin1Slice(0, scratch.length)
    },
    write: (identity, writer) => {
      const text = identity as string
      const at = writer.reserve(text.length)
      writer.buffer.write(text, at, 'latin1')
    },
    fromBytes: (bytes) => bytes.latin1Slice(0, bytes.length),
    key: (identity) => {
      const bytes = Buffer.from(identity as string, 'latin1')
      return serde.decode(bytes, 0, bytes.length, undefined)
    },
  }
}

function keyMismatch(key: unknown, type: string): StreamError {
  const found = key === null || key === undefined ? 'null' : typeof key
  return new StreamError('VALUE_TYPE_MISMATCH', `could not use a key of type ${found} in a store`, {
    hint: type === 'encoded' ? 'Give a key that is not null.' : `Give a key of type ${type}.`,
  })
}
