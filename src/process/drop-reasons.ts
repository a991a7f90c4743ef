/** Why an operator may leave a record out without its being an error. */
export type DropReason =
  | 'null-key'
  | 'null-join-key'
  | 'null-value'
  | 'null-key-or-value'
  | 'negative-timestamp'
  | 'no-single-index'
  | 'late'
  | 'duplicate'
  | 'null-foreign-key'
  | 'stale-answer'

/** What a definition asks for, or SQL says; lateness has its own word in the last line of a run. */
export const expectedDrops: ReadonlySet<string> = new Set<DropReason>([
  'null-join-key',
  'null-foreign-key',
  'late',
  'duplicate',
  'stale-answer',
])
