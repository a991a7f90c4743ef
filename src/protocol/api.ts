import type { ByteWriter } from '../base/byte-writer.ts'

/**
 * One Kafka API: what its table says. Field names are those of Kafka's public message definitions with a small first letter
 * (`throttleTimeMs`, `topics[].partitions[].partitionIndex`). In JavaScript: int8–int32 and int64 are numbers (int64 checked to be
 * within ±2^53), uuid is 32 hex digits, bytes and records are `Buffer | null`, arrays are arrays or null.
 *
 * Encoding: every field may be left out and then has its default; a field that the version lacks is left out of the bytes when it
 * has its default or is ignorable, and is an error otherwise. Decoding: every field is there, with its default where the version lacks it.
 */
export interface Api<Request = unknown, Response = unknown> {
  readonly key: number
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  readonly request: MessageCodec<Request>
  readonly response: MessageCodec<Response>
  /** Whether this version's headers and bodies have compact lengths and tagged fields. */
  isFlexible(version: number): boolean
}

export interface MessageCodec<T> {
  encode(message: DeepPartial<T>, version: number, writer: ByteWriter): void
  /**
   * Decodes `buffer[start .. end)`. Byte fields are views of the buffer.
   *
   * @throws StreamError `PROTOCOL_MALFORMED` for cut, trailing or absurd bytes; never hangs, never allocates more than the input's size allows
   */
  decode(buffer: Buffer, version: number, start?: number): T
  /** As {@link MessageCodec.decode}, but leaves bytes that follow the message. */
  decodePrefix(buffer: Buffer, version: number, start: number): T
}

export type DeepPartial<T> = T extends Buffer | string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer U)[]
    ? readonly DeepPartial<U>[]
    : T extends object
      ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
      : T
