/**
 * Framing of Apicurio's serialisers, version 3: a magic byte 0 and an id of 4 or 8 bytes before the value, or an 8-byte id in a
 * header. The settings say whether the id is that of a version (`globalId`) or of a text (`contentId`). Readers take both: the
 * header where it is there, else the prefix.
 *
 * For Protobuf the message's name follows (also in header mode, where it stands in a header once more) or, to please Confluent's
 * readers, its position.
 */
import type { Headers } from '../../base/headers.ts'
import type { FramePrefix, Framing, MessageRef, SchemaIds, SchemaType, Side } from '../contracts.ts'
import { noFrame, requiredId, ReusedFrame } from './frame.ts'
import { lastHeader } from './headers.ts'
import { messageNameBytes, readMessageName } from './message-name.ts'
import { messagePathBytes, readMessagePath } from './message-path.ts'

export interface ApicurioFramingOptions {
  readonly side: Side
  readonly type: SchemaType
  readonly idKind: 'globalId' | 'contentId'
  /** Bytes of an id before the value. `either` writes 4 and takes an id that begins with four zeros for one of 8. */
  readonly idBytes: 4 | 8 | 'either'
  readonly writeIdTo: 'payload' | 'header'
  /** Protobuf: what stands between the id and the value. */
  readonly message: 'name' | 'path' | 'none'
}

const emptyBytes = Buffer.alloc(0)

export function apicurioFraming(options: ApicurioFramingOptions): Framing {
  const frame = new ReusedFrame()
  const keys = headerKeys(options.side)
  const readPrefix = prefixReader(options)
  return {
    read: (buffer, start, end, headers) => {
      const known = headers !== undefined && readHeaders(frame, headers, keys, start)
      if (!known) readPrefix(frame, buffer, start, end)
      if (options.type === 'PROTOBUF') readMessage(frame, buffer, end, options)
      return frame
    },
    prefix: (ids, message) => apicurioPrefix(options, keys, ids, message),
  }
}

interface HeaderKeys {
  readonly globalId: string
  readonly contentId: string
  readonly messageName: string
}

function headerKeys(side: Side): HeaderKeys {
  return {
    globalId: `apicurio.${side}.globalId`,
    contentId: `apicurio.${side}.contentId`,
    messageName: side === 'key' ? 'apicurio.protobuf.type.key' : 'apicurio.protobuf.type',
  }
}

function readHeaders(frame: ReusedFrame, headers: Headers, keys: HeaderKeys, start: number): boolean {
  const contentId = lastHeader(headers, keys.contentId)
  const id = contentId ?? lastHeader(headers, keys.globalId)
  if (id === undefined) return false
  frame.set(contentId === undefined ? 'globalId' : 'contentId', headerId(id), start)
  frame.inHeaders = true
  const name = lastHeader(headers, keys.messageName)
  frame.messageName = name === undefined ? undefined : Buffer.from(name).toString()
  return true
}

function headerId(bytes: Uint8Array): number {
  if (bytes.length !== 8) throw noFrame('an id of 8 bytes in the header', `${bytes.length} bytes`)
  return safeId(Buffer.from(bytes.buffer, bytes.byteOffset, 8).readBigInt64BE())
}

function safeId(id: bigint): number {
  const number = Number(id)
  if (Number.isSafeInteger(number)) return number
  throw noFrame('an id below 2^53', 'a larger one')
}

type PrefixReader = (frame: ReusedFrame, buffer: Buffer, start: number, end: number) => void

function prefixReader({ idBytes, idKind }: ApicurioFramingOptions): PrefixReader {
  return (frame, buffer, start, end) => {
    const zeros = idBytes === 'either' && end - start >= 9 && buffer.readInt32BE(start + 1) === 0
    const bodyStart = start + (idBytes === 8 || zeros ? 9 : 5)
    if (bodyStart > end) throw noFrame('a magic byte 0 and a schema id', `${end - start} bytes`)
    if (buffer[start] !== 0) throw noFrame('a magic byte 0 and a schema id', `first byte ${buffer[start]}`)
    const long = bodyStart - start === 9
    const id = long ? safeId(buffer.readBigInt64BE(start + 1)) : buffer.readInt32BE(start + 1)
    frame.set(idKind, id, bodyStart)
  }
}

function readMessage(
  frame: ReusedFrame,
  buffer: Buffer,
  end: number,
  { message }: ApicurioFramingOptions,
): void {
  if (message === 'path') {
    const { path, end: bodyStart } = readMessagePath(buffer, frame.bodyStart, end)
    frame.messagePath = path
    frame.bodyStart = bodyStart
  } else if (message === 'name') {
    const { name, end: bodyStart } = readMessageName(buffer, frame.bodyStart, end)
    frame.messageName = name
    frame.bodyStart = bodyStart
  }
}

function apicurioPrefix(
  options: ApicurioFramingOptions,
  keys: HeaderKeys,
  ids: SchemaIds,
  message: MessageRef | undefined,
): FramePrefix {
  const id = requiredId(ids, options.idKind)
  const messageBytes =
    options.type === 'PROTOBUF' && message !== undefined ? bytesOf(message, options) : emptyBytes
  if (options.writeIdTo === 'payload') {
    const idBytes = Buffer.alloc(options.idBytes === 8 ? 9 : 5)
    if (options.idBytes === 8) idBytes.writeBigInt64BE(BigInt(id), 1)
    else idBytes.writeInt32BE(id, 1)
    return { bytes: Buffer.concat([idBytes, messageBytes]), headers: [] }
  }
  const value = Buffer.alloc(8)
  value.writeBigInt64BE(BigInt(id))
  const idHeader = { key: keys[options.idKind], value }
  const named = options.type === 'PROTOBUF' && message !== undefined
  const nameHeaders = named ? [{ key: keys.messageName, value: Buffer.from(message.name) }] : []
  return { bytes: messageBytes, headers: [idHeader, ...nameHeaders] }
}

function bytesOf(ref: MessageRef, { message }: ApicurioFramingOptions): Buffer {
  if (message === 'name') return messageNameBytes(ref.name)
  return message === 'path' ? messagePathBytes(ref.path) : emptyBytes
}
