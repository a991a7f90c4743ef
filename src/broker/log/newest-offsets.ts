import type { RecordColumns } from '../../protocol/record-batch-reader.ts'

/** About what an entry takes beside its key. */
const entryBytes = 64

/** Where the newest record of each key stands, among records that were looked at. */
export class NewestOffsets {
  readonly #offsets = new Map<string, number>()
  /** About what it takes in memory. */
  usedBytes = 0

  /** Takes note of a batch's keys; later batches come later. */
  note(columns: RecordColumns): void {
    for (let index = 0; index < columns.count; index++) {
      const key = keyAt(columns, index)
      if (key === undefined) continue
      if (!this.#offsets.has(key)) this.usedBytes += entryBytes + key.length
      this.#offsets.set(key, columns.offset[index] ?? -1)
    }
  }

  /** Whether a record has a key, and no newer one has the same. */
  isNewest(columns: RecordColumns, index: number): boolean {
    const key = keyAt(columns, index)
    return key !== undefined && (this.#offsets.get(key) ?? -1) <= (columns.offset[index] ?? -1)
  }
}

/** One character a byte. */
function keyAt({ buffer, keyStart, keyEnd }: RecordColumns, index: number): string | undefined {
  const end = keyEnd[index] ?? -1
  return end < 0 ? undefined : buffer.latin1Slice(keyStart[index], end)
}
