/**
 * What stands before each message on a connection, after the four bytes of its size.
 *
 * A request's header has tagged fields where the API's version is flexible; its client id keeps the old two-byte length
 * even there. A response's header is like its request's, but for ApiVersions: a client that asks with a version the broker
 * lacks must still be able to read the answer, so its header never has tagged fields.
 */
import type { ByteWriter } from '../base/byte-writer.ts'
import { MessageReader } from './message/message-reader.ts'
import { writeUnsignedVarint } from './varint.ts'

/** Four bytes of size precede each request and each response. */
export const frameSizeBytes = 4

const apiVersionsKey = 18

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

/** @param flexible - whether the API's version is, see `Api.isFlexible` */
export function encodeRequestHeader(header: RequestHeader, flexible: boolean, writer: ByteWriter): void {
  writer.writeInt16(header.apiKey)
  writer.writeInt16(header.apiVersion)
  writer.writeInt32(header.correlationId)
  if (header.clientId === null) writer.writeInt16(-1)
  else {
    writer.writeInt16(Buffer.byteLength(header.clientId))
    writer.writeUtf8(header.clientId)
  }
  if (flexible) writeUnsignedVarint(writer, 0)
}

export interface DecodedRequestHeader extends RequestHeader {
  /** Where the message begins. */
  readonly bodyAt: number
}

/** What can be read of any request's header, whatever its API and version. */
export interface RequestStart {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
}

/** @throws StreamError `PROTOCOL_MALFORMED` when it is cut */
export function decodeRequestStart(buffer: Buffer, start = 0): RequestStart {
  const reader = new MessageReader(buffer, start, buffer.length)
  return readRequestStart(reader)
}

/**
 * @param isFlexible - given the API's key and version; `() => false` reads the common part of one that is not known
 * @throws StreamError `PROTOCOL_MALFORMED` when it is cut
 */
export function decodeRequestHeader(
  buffer: Buffer,
  isFlexible: (apiKey: number, apiVersion: number) => boolean,
  start = 0,
): DecodedRequestHeader {
  const reader = new MessageReader(buffer, start, buffer.length)
  const begin = readRequestStart(reader)
  const length = reader.readLength(false, 2)
  const clientId = length === undefined ? null : reader.readText(length)
  if (isFlexible(begin.apiKey, begin.apiVersion)) skipTaggedFields(reader)
  return { ...begin, clientId, bodyAt: reader.at }
}

function readRequestStart(reader: MessageReader): RequestStart {
  return { apiKey: reader.readInt16(), apiVersion: reader.readInt16(), correlationId: reader.readInt32() }
}

export interface ResponseHeader {
  readonly correlationId: number
  readonly apiKey: number
}

export function encodeResponseHeader(header: ResponseHeader, flexible: boolean, writer: ByteWriter): void {
  writer.writeInt32(header.correlationId)
  if (flexible && header.apiKey !== apiVersionsKey) writeUnsignedVarint(writer, 0)
}

/** The correlation id, the first four bytes: which request is answered, and so how to go on. */
export function decodeCorrelationId(buffer: Buffer, start = 0): number {
  return new MessageReader(buffer, start, buffer.length).readInt32()
}

/**
 * @param apiKey, flexible - of the request that is answered
 * @returns where the message begins
 * @throws StreamError `PROTOCOL_MALFORMED` when it is cut
 */
export function skipResponseHeader(buffer: Buffer, apiKey: number, flexible: boolean, start = 0): number {
  const reader = new MessageReader(buffer, start, buffer.length)
  reader.take(4)
  if (flexible && apiKey !== apiVersionsKey) skipTaggedFields(reader)
  return reader.at
}

function skipTaggedFields(reader: MessageReader): void {
  const count = reader.readUnsignedVarint()
  for (let i = 0; i < count; i++) {
    reader.readUnsignedVarint()
    reader.take(reader.readUnsignedVarint())
  }
}
