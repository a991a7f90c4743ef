/**
 * Where things are in a record batch of format 2, the one format written since Kafka 0.11. Positions count from the batch's
 * first byte; the records follow the header, compressed as a whole where the attributes say so.
 *
 * Source. Kafka's protocol guide, "Record Batch".
 */

export const batchLayout = {
  baseOffset: 0,
  /** Bytes that follow this field. */
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  /** Over everything from `attributes` to the end. */
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const

/** Bytes of base offset and length, which the length does not count. */
export const lengthOverheadBytes = 12

export const magicNow = 2

export const attributeBits = {
  compression: 0b111,
  logAppendTime: 0b1000,
  transactional: 0b1_0000,
  control: 0b10_0000,
  /** Compaction has been here: the base timestamp is when its tombstones, or its marker, may go. */
  deleteHorizon: 0b100_0000,
} as const

/** The least that one record takes: its length, attributes, two deltas, key, value and headers of one byte each. */
export const leastRecordBytes = 7

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** By their number in the attributes. */
export const compressions: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
