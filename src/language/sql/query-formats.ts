/** The formats of a query's record keys, and of what lies between its nodes. */
import type { Format } from '../../data/types.ts'

export const textKey: Format = { notation: 'binary', type: { kind: 'string' } }
export const bytes: Format = { notation: 'binary', type: { kind: 'bytes' } }
