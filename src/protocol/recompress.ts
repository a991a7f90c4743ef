/** Changes how the records of a batch are compressed, and nothing else of it. */
import { compress, type CompressionLevels } from './compression.ts'
import { attributeBits, batchLayout, compressions, type Compression } from './record-batch-layout.ts'
import { recordsOf, type BatchHeader } from './record-batch-reader.ts'
import { stampLength } from './record-batch-writer.ts'

/**
 * @returns a batch of its own, or the same bytes where they are compressed like that already
 * @throws StreamError `BATCH_CORRUPT` for records that cannot be decompressed
 */
export function recompress(
  batch: Buffer,
  header: BatchHeader,
  compression: Compression,
  levels?: CompressionLevels,
): Buffer {
  if (header.compression === compression) return batch
  const { buffer, start, end } = recordsOf(batch, header)
  const head = batch.subarray(header.start, header.start + batchLayout.records)
  const changed = Buffer.concat([head, compress(buffer.subarray(start, end), compression, levels)])
  const attributes = changed.readInt16BE(batchLayout.attributes) & ~attributeBits.compression
  changed.writeInt16BE(attributes | compressions.indexOf(compression), batchLayout.attributes)
  stampLength(changed)
  return changed
}
