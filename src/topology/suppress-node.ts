import type { Format } from '../data/types.ts'

/** Holds changes of a table back; `store` keeps them, its keys and values are bytes. */
export interface SuppressNode {
  readonly kind: 'suppress'
  readonly id: string
  readonly input: string
  readonly until:
    | { readonly kind: 'time-limit'; readonly durationMs: number }
    /** Of windowed keys: for so long after its end a window takes records. */
    | { readonly kind: 'window-close'; readonly graceMs: number }
  readonly maxRecords?: number
  readonly maxBytes?: number
  readonly whenFull: 'emit' | 'fail'
  readonly key: Format
  readonly value: Format
  readonly store: string
}
