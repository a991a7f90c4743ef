/** Passes on the first record of a key, and none that is less than `withinMs` from one that it has passed on. */
export interface DeduplicateNode {
  readonly kind: 'deduplicate'
  readonly id: string
  readonly input: string
  readonly withinMs: number
  /** How far behind the largest time a record may be, and still be compared. */
  readonly graceMs: number
  /** A window store: the times of what was passed on. */
  readonly store: string
}
