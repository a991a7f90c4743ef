import { StreamError, type ErrorCode } from '../base/errors.ts'
import type { Serde } from '../serde/serde.ts'

/** What bytes that a store wrote itself can only be told as by whoever reads them when they are not those any more. */
const damage: ReadonlySet<ErrorCode> = new Set([
  'VALUE_MALFORMED',
  'SCHEMA_NOT_FOUND',
  'SCHEMA_INCOMPATIBLE',
  'SCHEMA_INVALID',
])

const rebuild = 'Delete the state folder and start again: what has a change log is rebuilt from there.'

export type ReadValue = (buffer: Buffer, start: number, end: number) => unknown

/**
 * Reads what a store has written. Where that is malformed it is the store's trouble, never that of the record that asks for it: a policy
 * for records would leave out one sound record after another.
 *
 * @returns a reader that throws StreamError `STORE_CORRUPT` naming the store
 */
export function ownReader(read: ReadValue, store: string): ReadValue {
  return (buffer, start, end) => {
    try {
      return read(buffer, start, end)
    } catch (error) {
      throw ownTrouble(store, error)
    }
  }
}

/** As {@link ownReader}, of values that a serde has written. */
export function ownDecoder(serde: Serde, store: string): ReadValue {
  return ownReader((buffer, start, end) => serde.decode(buffer, start, end, undefined), store)
}

/** What to throw instead of an error that was met at bytes of this store. */
function ownTrouble(store: string, error: unknown): unknown {
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
