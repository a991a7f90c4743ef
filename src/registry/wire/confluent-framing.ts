/**
 * Framing of Confluent's serialisers: a magic byte 0 and a 4-byte id before the value, or, since their version 8, a magic byte 1
 * and the schema's 16-byte GUID in a header. Readers take both: the header where it is there, else the prefix.
 * For Protobuf the message's position follows the id or GUID.
 */
import type { Headers } from '../../base/headers.ts'
import type { Frame, FramePrefix, Framing, MessageRef, SchemaIds, SchemaType, Side } from '../contracts.ts'
import { noFrame, requiredId, ReusedFrame } from './frame.ts'
import { lastHeader } from './headers.ts'
import { messagePathBytes, readMessagePath } from './message-path.ts'

export interface ConfluentFramingOptions {
  readonly side: Side
  readonly type: SchemaType
  /** Where to write: before the value, or in a header. */
  readonly writeIdTo: 'payload' | 'header'
}

const magicId = 0
const magicGuid = 1
const idEnd = 5
const guidEnd = 17

export function confluentFraming(options: ConfluentFramingOptions): Framing {
  const frame = new ReusedFrame()
  const headerKey = options.side === 'key' ? '__key_schema_id' : '__value_schema_id'
  const hasMessage = options.type === 'PROTOBUF'
  return {
    read: (buffer, start, end, headers) => {
      const header = headers === undefined ? undefined : lastHeader(headers, headerKey)
      if (header !== undefined) return readHeader(frame, header, start, hasMessage)
      if (buffer[start] !== magicId || end - start < idEnd) throw noPrefix(buffer, start, end)
      frame.set('id', buffer.readInt32BE(start + 1), start + idEnd)
      if (hasMessage) {
        const { path, end: bodyStart } = readMessagePath(buffer, start + idEnd, end)
        frame.messagePath = path
        frame.bodyStart = bodyStart
      }
      return frame
    },
    prefix: (ids, message) => confluentPrefix(options, headerKey, ids, message),
  }
}

function readHeader(frame: ReusedFrame, header: Uint8Array, start: number, hasMessage: boolean): Frame {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength)
  if (bytes[0] === magicGuid && bytes.length >= guidEnd)
    frame.set('guid', guidText(bytes.subarray(1, guidEnd)), start)
  else if (bytes[0] === magicId && bytes.length >= idEnd) frame.set('id', bytes.readInt32BE(1), start)
  else throw noFrame('a magic byte 0 or 1 and an id in the header', describe(bytes, 0, bytes.length))
  frame.inHeaders = true
  const idBytes = frame.kind === 'guid' ? guidEnd : idEnd
  if (hasMessage) frame.messagePath = readMessagePath(bytes, idBytes, bytes.length).path
  return frame
}

function confluentPrefix(
  { writeIdTo, type }: ConfluentFramingOptions,
  headerKey: string,
  ids: SchemaIds,
  message: MessageRef | undefined,
): FramePrefix {
  const path = type === 'PROTOBUF' ? messagePathBytes(message?.path ?? [0]) : Buffer.alloc(0)
  if (writeIdTo === 'payload') {
    const bytes = Buffer.alloc(idEnd)
    bytes.writeInt32BE(requiredId(ids, 'id'), 1)
    return { bytes: Buffer.concat([bytes, path]), headers: [] }
  }
  const value = Buffer.concat([Buffer.from([magicGuid]), guidBytes(requiredId(ids, 'guid')), path])
  return { bytes: Buffer.alloc(0), headers: [{ key: headerKey, value }] satisfies Headers }
}

function guidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function guidBytes(guid: string): Buffer {
  return Buffer.from(guid.replaceAll('-', ''), 'hex')
}

function noPrefix(buffer: Buffer, start: number, end: number): Error {
  return noFrame('a magic byte 0 and a 4-byte schema id', describe(buffer, start, end))
}

/** Says how a frame differs without showing what the value holds. */
function describe(buffer: Buffer, start: number, end: number): string {
  if (end - start < idEnd) return `${end - start} bytes`
  return `first byte ${buffer[start]}`
}
