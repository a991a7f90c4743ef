import type { LoggedChange } from './contracts.ts'

/** A change-log record in bytes of its own, as a test keeps it. */
export function keptChange({ bytes, keyStart, keyEnd, valueStart, valueEnd, timestampMs }: LoggedChange) {
  return {
    key: Buffer.from(bytes.subarray(keyStart, keyEnd)),
    value: valueEnd < 0 ? null : Buffer.from(bytes.subarray(valueStart, valueEnd)),
    timestampMs,
  }
}
