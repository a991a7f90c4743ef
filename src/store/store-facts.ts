import { ByteWriter } from '../base/byte-writer.ts'
import { addDetail, toStreamError } from '../base/errors.ts'
import type { StoreKeyIdentity } from './contracts.ts'
import type { Keying } from './keying.ts'

/** What every facade says of itself. */
export interface StoreFacts {
  readonly name: string
  readonly persistent: boolean
  readonly caching: boolean
}

/** @throws StreamError `VALUE_TYPE_MISMATCH` that names the store */
export function identityIn(store: string, keys: Keying, key: unknown): StoreKeyIdentity {
  try {
    return keys.identity(key)
  } catch (error) {
    throw addDetail(toStreamError(error), `It is a key of store "${store}".`)
  }
}

/** The encoded key. @throws StreamError as {@link identityIn} */
export function keyBytes(store: string, keys: Keying, key: unknown): Buffer {
  const writer = new ByteWriter(64)
  keys.write(identityIn(store, keys, key), writer)
  return writer.copy()
}

/** {@link keyBytes} of a bound that may be open. */
export function boundBytes(store: string, keys: Keying, key: unknown): Buffer | undefined {
  return key === undefined ? undefined : keyBytes(store, keys, key)
}
