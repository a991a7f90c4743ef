import { StreamError } from '../../base/errors.ts'
import { engineError, type EngineFailure, type EngineTrouble } from '../engine-errors.ts'

/** RocksDB has no codes that the binding lets through for all of these: its words must do. */
const words: readonly (readonly [RegExp, EngineTrouble])[] = [
  // Not any trouble with the file "LOCK": in a folder without rights it cannot be opened, and nobody has it.
  [/lock hold|while lock file/i, 'locked'],
  [/no space|quota|file too large/i, 'full'],
  [/corruption|checksum mismatch|bad magic|not an sstable/i, 'corrupt'],
]

/** What RocksDB says of a failure, as one of the errors that a reader can act on. */
export function rocksFailure(error: unknown, deed: EngineFailure['deed'], path: string): StreamError {
  if (error instanceof StreamError) return error
  const message = error instanceof Error ? error.message : String(error)
  const trouble = words.find(([pattern]) => pattern.test(message))?.[1] ?? 'unwritable'
  return engineError({ trouble, deed, path, says: `RocksDB says: ${message}`, cause: error })
}
