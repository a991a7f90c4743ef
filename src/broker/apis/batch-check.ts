import { StreamError } from '../../base/errors.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import {
  batchAt,
  RecordColumns,
  recordsOf,
  verifyBatch,
  type BatchHeader,
} from '../../protocol/record-batch-reader.ts'
import { recompress } from '../../protocol/recompress.ts'
import type { EffectiveConfigs } from '../topics/topic-configs.ts'

/** Versions of Produce below this one may not carry zstd, since their consumers may not know it. */
const zstdFromVersion = 7

/** Used for one batch at a time. */
const columns = new RecordColumns()

export interface CheckedBatch {
  readonly error: KafkaErrorName
  readonly message: string | null
  readonly header: BatchHeader | undefined
  /** As the topic keeps it. */
  readonly records: Buffer | null
}

export interface BatchRules {
  readonly apiVersion: number
  readonly configs: EffectiveConfigs
  readonly nowMs: number
}

/**
 * Looks a producer's batch over before it may enter a log: one whole batch, right checksum, numbers that fit; and compresses it anew where
 * the topic says so. Costs per batch; for a compacted topic, per record.
 */
export function checkBatch(records: Buffer | null, rules: BatchRules): CheckedBatch {
  if (records === null || records.length === 0) return refused('INVALID_RECORD', 'There is no record batch')
  try {
    const header = batchAt(records, 0)
    if (header === undefined) return refused('CORRUPT_MESSAGE', 'The record batch is cut')
    verifyBatch(records, header)
    if (header.end !== records.length)
      return refused('INVALID_RECORD', 'Produce requests must contain exactly one record batch per partition')
    return (
      checkHeader(header, rules) ??
      checkSize(records, rules) ??
      checkKeys(records, header, rules) ??
      takeIn(records, header, rules)
    )
  } catch (thrown) {
    if (thrown instanceof StreamError && thrown.code === 'BATCH_CORRUPT')
      return refused('CORRUPT_MESSAGE', thrown.message)
    throw thrown
  }
}

function checkHeader(header: BatchHeader, rules: BatchRules): CheckedBatch | undefined {
  const { count, lastOffset, baseOffset } = header
  if (header.control) return refused('INVALID_RECORD', 'Clients may not write control records')
  if (count < 1 || lastOffset - baseOffset !== count - 1)
    return refused('INVALID_RECORD', `${count} records do not fill ${lastOffset - baseOffset + 1} offsets`)
  if (header.producerId >= 0 && (header.baseSequence < 0 || header.producerEpoch < 0))
    return refused('INVALID_RECORD', 'A batch with a producer id needs a sequence and an epoch')
  if (header.compression === 'zstd' && rules.apiVersion < zstdFromVersion)
    return refused('UNSUPPORTED_COMPRESSION_TYPE', `zstd needs Produce version ${zstdFromVersion}`)
  if (!inTime(header, rules))
    return refused(
      'INVALID_TIMESTAMP',
      `Timestamps up to ${header.maxTimestampMs} are out of the topic's range`,
    )
  return undefined
}

function checkSize(
  { length }: Buffer,
  { configs: { maxMessageBytes } }: BatchRules,
): CheckedBatch | undefined {
  if (length <= maxMessageBytes) return undefined
  return refused(
    'MESSAGE_TOO_LARGE',
    `The record batch size is ${length} bytes which exceeds the maximum configured value of ${maxMessageBytes}`,
  )
}

function checkKeys(batch: Buffer, header: BatchHeader, { configs }: BatchRules): CheckedBatch | undefined {
  if (!configs.compacted || hasAllKeys(batch, header)) return undefined
  return refused('INVALID_RECORD', 'A compacted topic takes no record without a key')
}

function takeIn(batch: Buffer, header: BatchHeader, rules: BatchRules): CheckedBatch {
  const { compression = header.compression, compressionLevels } = rules.configs
  const records = recompress(batch, header, compression, compressionLevels)
  return checkSize(records, rules) ?? { error: 'NONE', message: null, header, records }
}

function hasAllKeys(batch: Buffer, header: BatchHeader): boolean {
  columns.read(recordsOf(batch, header))
  return !columns.keyEnd.subarray(0, columns.count).includes(-1)
}

function inTime({ baseTimestampMs, maxTimestampMs }: BatchHeader, { configs, nowMs }: BatchRules): boolean {
  if (configs.logAppendTime || baseTimestampMs < 0) return true
  const early = nowMs - baseTimestampMs > configs.timestampBeforeMaxMs
  return !early && maxTimestampMs - nowMs <= configs.timestampAfterMaxMs
}

function refused(error: KafkaErrorName, message: string): CheckedBatch {
  return { error, message, header: undefined, records: null }
}
