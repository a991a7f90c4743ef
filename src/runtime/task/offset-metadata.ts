import type { CommittedOffset } from '../../kafka/contracts.ts'

const versionPlain = 1
const bytesPlain = 9

/**
 * A partition's time as it rides in its committed offset's metadata: base64 of a version byte 1 and the time as 8 bytes. Kafka Streams
 * writes the same (`TopicPartitionMetadata`), and from version 2 appends more behind it, so either can take over from the other.
 */
export function encodePartitionTime(partitionTimeMs: number): string {
  const bytes = Buffer.alloc(bytesPlain)
  bytes.writeInt8(versionPlain, 0)
  bytes.writeBigInt64BE(BigInt(Math.trunc(partitionTimeMs)), 1)
  return bytes.toString('base64')
}

/** @returns −1 where the offset carries no time: metadata is free text, and other tools may have written it */
export function decodePartitionTime(offset: Pick<CommittedOffset, 'metadata'> | undefined): number {
  if (offset === undefined || offset.metadata === '') return -1
  const bytes = Buffer.from(offset.metadata, 'base64')
  if (bytes.length < bytesPlain || bytes.readInt8(0) < versionPlain) return -1
  return Number(bytes.readBigInt64BE(1))
}
