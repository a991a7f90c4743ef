import type { OrderedStore } from './contracts.ts'
import { streamTimeKey } from './stream-time.ts'

/** So many are counted one by one, in some hundredths of a second. */
const countedMax = 8192
const countedBytesMax = 16 * 1_048_576

interface Content {
  readonly entries: number
  /** Of keys and values. */
  readonly sizeBytes: number
}

/** What a store has: counted, where that is soon done; of more an engine's estimate, or what was counted by then. */
export function countEntries(store: Pick<OrderedStore, 'range' | 'entryCount' | 'sizeBytes'>): Content {
  let entries = 0
  let sizeBytes = 0
  for (const { key, value } of store.range(undefined, undefined)) {
    if (key.equals(streamTimeKey)) continue
    entries++
    sizeBytes += key.length + value.length
    if (entries >= countedMax || sizeBytes >= countedBytesMax)
      return {
        entries: Math.max(entries, store.entryCount),
        sizeBytes: Math.max(sizeBytes, store.sizeBytes),
      }
  }
  return { entries, sizeBytes }
}
