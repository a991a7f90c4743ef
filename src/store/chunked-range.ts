import type { EngineEntry, ScanOptions } from './contracts.ts'

/** Entries that are read at once while somebody iterates: few at first, since most want the first ones only. */
const firstReads = 16
const laterReads = 512

export interface Chunk {
  /** Included; undefined: open. */
  readonly from: Buffer | undefined
  /** Not included; undefined: open. */
  readonly to: Buffer | undefined
  readonly reverse: boolean
  readonly limit: number
}

/** Walks a range of an engine that gives some entries at a time, the first or the last of a range. */
export function* chunkedRange(
  read: (chunk: Chunk) => readonly EngineEntry[],
  bounds: Pick<Chunk, 'from' | 'to'>,
  options: ScanOptions | undefined,
): Generator<EngineEntry> {
  const reverse = options?.reverse === true
  let { from, to } = bounds
  for (let limit = firstReads; ; limit = laterReads) {
    const entries = read({ from, to, reverse, limit })
    yield* entries
    const last = entries.at(-1)
    if (last === undefined || entries.length < limit) return
    if (reverse) to = last.key
    else from = Buffer.concat([last.key, Buffer.alloc(1)])
  }
}
