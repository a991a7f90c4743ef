import type { FunctionRef } from './functions.ts'

/** Calls a function again and again as time passes, and passes on what that gives; the records that come in only move time. */
export interface PunctuateNode {
  readonly kind: 'punctuate'
  readonly id: string
  readonly input: string
  readonly everyMs: number
  /** The largest time of the task's records, or the clock's. */
  readonly time: 'stream' | 'wall-clock'
  /** Gives a list of keys and values. */
  readonly punctuator: FunctionRef
}
