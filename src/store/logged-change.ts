import type { LoggedChange } from './contracts.ts'

/** Filled anew for each record: sinks copy before they return. */
export type ReusedChange = { -readonly [Field in keyof LoggedChange]: LoggedChange[Field] }

export function emptyChange(): ReusedChange {
  return { bytes: Buffer.alloc(0), keyStart: 0, keyEnd: 0, valueStart: 0, valueEnd: 0, timestampMs: 0 }
}
