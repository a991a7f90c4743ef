/**
 * What a language of schemas can do, whichever it is: Avro, Protobuf, JSON Schema. Framing and registries are not its concern; one serde
 * over this contract (`registry-serde.ts`) does that for all of them.
 */
import type { ByteWriter } from '../base/byte-writer.ts'
import type { Column, DataType, SchemaSource } from '../data/types.ts'
import type { Frame, MessageRef, SchemaType, Side } from '../registry/contracts.ts'
import type { RowReader } from './serde.ts'

export interface SchemaLanguage {
  readonly type: SchemaType
  /**
   * @param name - which message or record is meant, where the text has several; absent: the first
   * @throws StreamError `SCHEMA_INVALID`
   */
  parse(source: SchemaSource, name?: string): ParsedSchema
  /** What stands behind the frame of a key as encoders write it; absent where each value has one form only. */
  readonly canonicalKey?: (body: Buffer) => Buffer
}

export interface ParsedSchema {
  /** Full name of the record or message, or the title; subjects may go by it. */
  readonly recordName: string | undefined
  /** What functions see. */
  readonly dataType: DataType
  /** What queries see; absent where values are no records. */
  readonly columns: readonly Column[] | undefined
  /** Protobuf: where the message stands in its file. */
  readonly message?: MessageRef
  /**
   * Reads values that were written with this schema.
   *
   * @param reader - the schema of the same language that they are wanted in; absent: this one
   * @throws StreamError `SCHEMA_INCOMPATIBLE`
   */
  decoder(reader: ParsedSchema | undefined, frame: MessageFrame): DecodeBytes
  /** Reads rows of columns of `reader`; throws as {@link ParsedSchema.decoder}. */
  rowReader(reader: ParsedSchema | undefined, frame: MessageFrame, columns: readonly Column[]): RowReader
  /** @param side - a record key has one form, so that equal keys are equal bytes */
  encoder(side: Side): EncodeValue
}

/** What a frame says of the message that a value is. */
export type MessageFrame = Partial<Pick<Frame, 'messagePath' | 'messageName'>>

/** Throws StreamError `VALUE_MALFORMED`, `SCHEMA_INCOMPATIBLE` for what cannot be read in the reader's schema. */
export type DecodeBytes = (buffer: Buffer, start: number, end: number) => unknown

/** Throws StreamError `VALUE_TYPE_MISMATCH`, which names the field; the writer is then as it was. */
export type EncodeValue = (value: unknown, writer: ByteWriter) => void
