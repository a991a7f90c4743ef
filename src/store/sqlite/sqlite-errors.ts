import { StreamError } from '../../base/errors.ts'
import { engineError, type EngineFailure, type EngineTrouble } from '../engine-errors.ts'

/** SQLite's result codes, without what is added to them in the higher bits. */
const troubles: Readonly<Record<number, EngineTrouble>> = {
  5: 'locked',
  6: 'locked',
  11: 'corrupt',
  13: 'full',
  26: 'corrupt',
}

/** What SQLite says of a failure, as one of the errors that a reader can act on. */
export function sqliteFailure(error: unknown, deed: EngineFailure['deed'], path: string): StreamError {
  if (error instanceof StreamError) return error
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0
  const says = `SQLite says: ${error instanceof Error ? error.message : String(error)}`
  return engineError({ trouble: troubles[code & 0xff] ?? 'unwritable', deed, path, says, cause: error })
}
