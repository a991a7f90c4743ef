/** What the two sides of a foreign-key join say to each other, in Kafka Streams' bytes (`SubscriptionWrapper`, `SubscriptionResponseWrapper`). */
import type { ByteWriter } from '../../base/byte-writer.ts'
import { StreamError } from '../../base/errors.ts'
import type { Serde } from '../../serde/serde.ts'

/** What the right side is to do with a subscription. */
export const request = {
  /** Forget it. */
  cancel: 0,
  /** Forget it, and say that there is no right row. */
  cancelAndAnswer: 1,
  /** Keep it, and answer with the right row or with none. */
  answerAlways: 2,
  /** Keep it, and answer if there is a right row. */
  answerIfFound: 3,
} as const

export type Request = (typeof request)[keyof typeof request]

/** What a left row asks of the right side. */
export class Subscription {
  readonly request: Request
  /** Of the row's value when it asked; null: the row was gone. */
  readonly hash: Buffer | null
  /** Of the left row. */
  readonly key: unknown
  /** Where the answer goes; −1: by the key. */
  readonly partition: number

  constructor(what: Request, hash: Buffer | null, key: unknown, partition: number) {
    this.request = what
    this.hash = hash
    this.key = key
    this.partition = partition
  }
}

/** What the right side says. */
export class Answer {
  /** That of the subscription. */
  readonly hash: Buffer | null
  /** Of the right row; null: there is none. */
  readonly value: unknown
  readonly partition: number

  constructor({ hash, partition }: Pick<Subscription, 'hash' | 'partition'>, value: unknown) {
    this.hash = hash
    this.value = value
    this.partition = partition
  }
}

const hashBytes = 16
const partitionBytes = 4
/** In the first byte, beside the version. */
const noHash = 0x80
const subscriptionVersion = 1
const answerVersion = 0

/** Version and hash, request, left key, partition; version 0 had no partition. @param keys - of the left table */
export function subscriptionSerde(keys: Serde): Serde {
  const keyEnd = (buffer: Buffer, start: number, end: number): number =>
    versionOf(buffer, start, subscriptionVersion) === 0 ? end : end - partitionBytes
  const keyStart = (buffer: Buffer, start: number): number => start + 2 + hashLength(buffer, start)
  return {
    encode: (value, writer) => {
      const { request: what, hash, key, partition } = value as Subscription
      writeVersion(writer, subscriptionVersion, hash)
      writer.writeInt8(what)
      if (hash !== null) writer.writeBytes(hash)
      keys.encode(key, writer, undefined)
      writer.writeInt32(partition)
    },
    decode: (buffer, start, end, headers) => {
      const [from, to] = [keyStart(buffer, start), keyEnd(buffer, start, end)]
      const what = buffer[start + 1] ?? -1
      if (to < from || !isRequest(what)) throw malformed()
      const key = keys.decode(buffer, from, to, headers)
      const partition = to === end ? -1 : buffer.readInt32BE(to)
      return new Subscription(what, hashAt(buffer, start, start + 2), key, partition)
    },
    ...missingOf(keys, keyStart, keyEnd),
  }
}

/** Version and hash, then the right value; none where there is no row. @param values - of the right table */
export function answerSerde(values: Serde): Serde {
  const valueStart = (buffer: Buffer, start: number): number => start + 1 + hashLength(buffer, start)
  return {
    encode: (answer, writer) => {
      const { hash, value } = answer as Answer
      writeVersion(writer, answerVersion, hash)
      if (hash !== null) writer.writeBytes(hash)
      if (value !== null) values.encode(value, writer, undefined)
    },
    decode: (buffer, start, end, headers) => {
      versionOf(buffer, start, answerVersion)
      const from = valueStart(buffer, start)
      if (from > end) throw malformed()
      const value = from === end ? null : (values.decode(buffer, from, end, headers) ?? null)
      return new Answer({ hash: hashAt(buffer, start, start + 1), partition: -1 }, value)
    },
    ...missingOf(values, valueStart, (_, __, end) => end),
  }
}

/** A schema that what is inside needs. */
function missingOf(
  inner: Serde,
  startOf: (buffer: Buffer, start: number) => number,
  endOf: (buffer: Buffer, start: number, end: number) => number,
): Pick<Serde, 'missing'> {
  if (inner.missing === undefined) return {}
  return {
    missing: (buffer, start, end, headers) => {
      const [from, to] = [startOf(buffer, start), endOf(buffer, start, end)]
      return from < to ? inner.missing?.(buffer, from, to, headers) : undefined
    },
  }
}

function writeVersion(writer: ByteWriter, version: number, hash: Buffer | null): void {
  writer.writeInt8(hash === null ? version | noHash : version)
}

function versionOf(buffer: Buffer, start: number, newest: number): number {
  const version = (buffer[start] ?? noHash) & ~noHash
  if (version <= newest) return version
  throw new StreamError('VALUE_MALFORMED', `could not read version ${version} of a foreign-key message`, {
    detail: 'It was written by a newer version of Kafka Streams or Weft.',
  })
}

function hashLength(buffer: Buffer, start: number): number {
  return ((buffer[start] ?? noHash) & noHash) === 0 ? hashBytes : 0
}

/** A copy: what it is read from is used again. */
function hashAt(buffer: Buffer, start: number, at: number): Buffer | null {
  return hashLength(buffer, start) === 0 ? null : Buffer.from(buffer.subarray(at, at + hashBytes))
}

function isRequest(value: number): value is Request {
  return value >= request.cancel && value <= request.answerIfFound
}

function malformed(): StreamError {
  return new StreamError('VALUE_MALFORMED', 'could not read a message of a foreign-key join')
}
