/**
 * The compressions of record batches. What comes from outside is never decompressed beyond a bound, so that a few bytes
 * cannot fill the memory.
 */
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { unreachable } from '../base/assert.ts'
import { StreamError } from '../base/errors.ts'
import { lz4Compress, lz4Decompress } from './compression/lz4.ts'
import { snappyCompress, snappyDecompress } from './compression/snappy.ts'
import type { Compression } from './record-batch-layout.ts'

/** The most that one batch may decompress to. */
export const maxDecompressedBytes = 268_435_456

/** How hard to try; the others have no levels here. */
export interface CompressionLevels {
  readonly gzip: number
  readonly zstd: number
}

/** Text compresses nearly as well as at the highest level of gzip, at a third of the cost. */
const usualLevels: CompressionLevels = { gzip: 4, zstd: 3 }

export function compress(buffer: Buffer, compression: Compression, levels = usualLevels): Buffer {
  switch (compression) {
    case 'none':
      return buffer
    case 'gzip':
      return gzipSync(buffer, { level: levels.gzip })
    case 'snappy':
      return snappyCompress(buffer)
    case 'lz4':
      return lz4Compress(buffer)
    case 'zstd':
      return zstdCompressSync(buffer, { params: { [constants.ZSTD_c_compressionLevel]: levels.zstd } })
    default:
      return unreachable(compression)
  }
}

/**
 * @param limitBytes - what the result may have at most
 * @throws StreamError `BATCH_CORRUPT` for bytes that are no such compression, or more than the limit
 */
export function decompress(
  buffer: Buffer,
  compression: Compression,
  limitBytes = maxDecompressedBytes,
): Buffer {
  try {
    return decompressOrThrow(buffer, compression, limitBytes)
  } catch (error) {
    if (error instanceof StreamError) throw error
    throw new StreamError('BATCH_CORRUPT', `could not decompress ${buffer.length} bytes of ${compression}`, {
      cause: error,
    })
  }
}

function decompressOrThrow(buffer: Buffer, compression: Compression, limitBytes: number): Buffer {
  switch (compression) {
    case 'none':
      return buffer
    case 'gzip':
      return gunzipSync(buffer, { maxOutputLength: limitBytes })
    case 'snappy':
      return snappyDecompress(buffer, limitBytes)
    case 'lz4':
      return lz4Decompress(buffer, limitBytes)
    case 'zstd':
      return zstdDecompressSync(buffer, { maxOutputLength: limitBytes })
    default:
      return unreachable(compression)
  }
}
