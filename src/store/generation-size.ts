/** What a generation brings. */
export interface GenerationSize {
  readonly count: number
  readonly bytes: number
}

/** What is committed and not in an engine yet. */
export interface Waiting extends GenerationSize {
  /** Of the change log: what is written many times stands there as often. A restart reads them all. */
  readonly records: number
}

export const nothingWaits: Waiting = { count: 0, bytes: 0, records: 0 }

export function added(one: Waiting, other: Waiting): Waiting {
  return {
    count: one.count + other.count,
    bytes: one.bytes + other.bytes,
    records: one.records + other.records,
  }
}

export function less(one: Waiting, other: Waiting): Waiting {
  return {
    count: one.count - other.count,
    bytes: one.bytes - other.bytes,
    records: one.records - other.records,
  }
}
