import { StreamError, type ErrorCode } from '../base/errors.ts'

/** What bytes that a store wrote itself can only be told as by whoever reads them when they are not those any more. */
const damage: ReadonlySet<ErrorCode> = new Set([
  'VALUE_MALFORMED',
  'SCHEMA_NOT_FOUND',
  'SCHEMA_INCOMPATIBLE',
  'SCHEMA_INVALID',
])

const rebuild = 'Delete the state folder and start again: what has a change log is rebuilt from there.'

/**
 * Reads what a store has written. Where that is malformed it is the store's trouble, never that of the record that asks for it: a policy
 * for records would leave out one sound record after another.
 *
 * @throws StreamError `STORE_CORRUPT` naming the store
 */
export function readOwn<T>(store: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw ownTrouble(store, error)
  }
}

/** What to throw instead of an error that was met at bytes of this store. */
export function ownTrouble(store: string, error: unknown): unknown {
  if (!(error instanceof StreamError) || !damage.has(error.code)) return error
  const { code, message, detail } = error
  return new StreamError('STORE_CORRUPT', `could not read what store "${store}" holds`, {
    detail: `It is not what was written: ${message}.${detail === undefined ? '' : ` ${detail}`}`,
    hint:
      code === 'VALUE_MALFORMED'
        ? rebuild
        : `Look whether the registry still has each schema. If so: ${rebuild}`,
    cause: error,
  })
}
