/**
 * What members of a consumer group tell their leader (subscription) and what it tells them (assignment): messages inside
 * JoinGroup and SyncGroup, each behind two bytes of version.
 *
 * A version newer than ours is read as our newest, and what follows is ignored: that is how the protocol grows.
 */
import { ByteWriter } from '../base/byte-writer.ts'
import { StreamError } from '../base/errors.ts'
import type { DeepPartial } from './api.ts'
import { messageCodec, type TableCodec } from './message/codec.ts'
import { array, arrayOf, bytes, int32, string, type ValueOf } from './message/fields.ts'

const newestVersion = 3

const subscriptionFields = {
  topics: arrayOf('string'),
  userData: bytes('0+', { nullable: '0+', default: null }),
  ownedPartitions: array(
    '1+',
    {
      topic: string(),
      partitions: arrayOf('int32'),
    },
    { ignorable: true },
  ),
  generationId: int32('2+', { default: -1, ignorable: true }),
  rackId: string('3+', { nullable: '0+', default: null, ignorable: true }),
}

const assignmentFields = {
  assignedPartitions: array('0+', {
    topic: string(),
    partitions: arrayOf('int32'),
  }),
  userData: bytes('0+', { nullable: '0+', default: null }),
}

export type ConsumerSubscription = ValueOf<typeof subscriptionFields>
export type ConsumerAssignment = ValueOf<typeof assignmentFields>

export const subscriptionCodec = messageCodec(
  { name: 'ConsumerProtocolSubscription', versions: `0-${newestVersion}` },
  subscriptionFields,
)
export const assignmentCodec = messageCodec(
  { name: 'ConsumerProtocolAssignment', versions: `0-${newestVersion}` },
  assignmentFields,
)

export function encodeSubscription(
  subscription: DeepPartial<ConsumerSubscription>,
  version = newestVersion,
): Buffer {
  return encodeVersioned(subscriptionCodec, subscription, version)
}

/** @throws StreamError `PROTOCOL_MALFORMED` */
export function decodeSubscription(buffer: Buffer): ConsumerSubscription {
  return decodeVersioned(subscriptionCodec, buffer)
}

export function encodeAssignment(
  assignment: DeepPartial<ConsumerAssignment>,
  version = newestVersion,
): Buffer {
  return encodeVersioned(assignmentCodec, assignment, version)
}

/** @throws StreamError `PROTOCOL_MALFORMED` */
export function decodeAssignment(buffer: Buffer): ConsumerAssignment {
  return decodeVersioned(assignmentCodec, buffer)
}

function encodeVersioned<T>(codec: TableCodec<T>, message: DeepPartial<T>, version: number): Buffer {
  const writer = new ByteWriter(256)
  writer.writeInt16(version)
  codec.encode(message, version, writer)
  return writer.copy()
}

function decodeVersioned<T>(codec: TableCodec<T>, buffer: Buffer): T {
  const version = buffer.length < 2 ? -1 : buffer.readInt16BE(0)
  if (version < 0) throw new StreamError('PROTOCOL_MALFORMED', 'consumer protocol message has no version')
  return codec.decodePrefix(buffer, Math.min(version, newestVersion), 2)
}
