import type { ChangeLogPosition, EngineEntry, OrderedStore, ScanOptions, StoreBatch } from '../contracts.ts'
import { MemoryTable } from './memory-table.ts'

/**
 * The engine in memory. A store whose keys begin with time buckets has a table for each bucket, so that a bucket goes in no time.
 *
 * Ranges are those of {@link OrderedStore}: over several tables they are walked one after the other, in the order of their buckets.
 */
export class MemoryStore implements OrderedStore {
  readonly #bucketBytes: number
  readonly #tables = new Map<string, MemoryTable>()
  /** Of the tables, in order; undefined: to be made anew. */
  #sorted: readonly (readonly [bucket: string, table: MemoryTable])[] | undefined
  #position: ChangeLogPosition | undefined

  /** @param options - how many bytes of each key are its bucket; 0: one table for all */
  constructor(options: { readonly bucketBytes: number } = { bucketBytes: 0 }) {
    this.#bucketBytes = options.bucketBytes
    // The usual store is one table, and it is there from the start.
    if (options.bucketBytes === 0) this.#tables.set('', new MemoryTable())
  }

  get sizeBytes(): number {
    return this.#sum((table) => table.sizeBytes)
  }

  get entryCount(): number {
    return this.#sum((table) => table.entryCount)
  }

  get(key: Buffer): Buffer | undefined {
    return this.#tables.get(this.#bucketOf(key))?.get(key)
  }

  write(batch: StoreBatch): void {
    const written = new Set<MemoryTable>()
    for (const { key, value } of batch.entries) {
      const table = this.#tableFor(this.#bucketOf(key))
      if (value === null) table.delete(key)
      else table.put(key, value)
      written.add(table)
    }
    if (batch.position !== undefined) this.#position = batch.position
    for (const table of written) table.collectGarbage()
  }

  position(): ChangeLogPosition | undefined {
    return this.#position
  }

  *range(from: Buffer | undefined, to: Buffer | undefined, options?: ScanOptions): Generator<EngineEntry> {
    const tables = this.#tablesIn(from, to)
    for (const [, table] of options?.reverse === true ? tables.toReversed() : tables) {
      yield* table.range(from, to, options)
    }
  }

  drop(from: Buffer | undefined, to: Buffer): void {
    for (const [bucket, table] of this.#tablesIn(from, to)) {
      // A bound that is no longer than a bucket lies between buckets.
      const isWhole = bucket !== '' && to.length <= bucket.length && (from?.length ?? 0) <= bucket.length
      if (!isWhole) deleteRange(table, from, to)
      else if (bucket < to.latin1Slice()) this.#forget(bucket)
    }
  }

  close(): void {
    this.#tables.clear()
    this.#sorted = undefined
  }

  #bucketOf(key: Buffer): string {
    return this.#bucketBytes === 0 ? '' : key.latin1Slice(0, this.#bucketBytes)
  }

  #tableFor(bucket: string): MemoryTable {
    const known = this.#tables.get(bucket)
    if (known !== undefined) return known
    const table = new MemoryTable()
    this.#tables.set(bucket, table)
    this.#sorted = undefined
    return table
  }

  #forget(bucket: string): void {
    this.#tables.delete(bucket)
    this.#sorted = undefined
  }

  /** Those in which something of a range may stand. */
  #tablesIn(from: Buffer | undefined, to: Buffer | undefined) {
    const first = from === undefined ? '' : this.#bucketOf(from)
    const last = to === undefined ? undefined : this.#bucketOf(to)
    return this.#inOrder().filter(([bucket]) => bucket >= first && (last === undefined || bucket <= last))
  }

  #inOrder(): readonly (readonly [string, MemoryTable])[] {
    return (this.#sorted ??= [...this.#tables].sort(([left], [right]) => (left < right ? -1 : 1)))
  }

  #sum(of: (table: MemoryTable) => number): number {
    let sum = 0
    for (const table of this.#tables.values()) sum += of(table)
    return sum
  }
}

function deleteRange(table: MemoryTable, from: Buffer | undefined, to: Buffer): void {
  const keys = [...table.range(from, to, undefined)].map(({ key }) => Buffer.from(key))
  for (const key of keys) table.delete(key)
  table.collectGarbage()
}
