import type { ChangeLogPosition, KeySample, StoreEntries, StoreEntry } from './contracts.ts'

/** One key of so many is looked up before it is written. */
const sampleEvery = 256

interface Counted {
  readonly entryCount: number
  readonly entryBytes: number
}

/** What an engine on disk keeps of a store beside its entries, in the same batch. */
export interface EngineState extends Counted {
  readonly position: ChangeLogPosition | undefined
}

export function encodeState(state: EngineState): Buffer {
  return Buffer.from(JSON.stringify(state))
}

export function decodeState(bytes: Uint8Array | undefined): EngineState {
  if (bytes === undefined) return { position: undefined, entryCount: 0, entryBytes: 0 }
  return JSON.parse(Buffer.from(bytes).toString()) as EngineState
}

/**
 * About how many entries a store has whose engine does not count them: of each batch some keys are looked up, and what is new among them
 * stands for the rest.
 */
export class EntryEstimate {
  readonly #has: (key: Buffer) => boolean
  #count: number
  /** Of a key and its value, before compression. */
  #meanBytes: number

  constructor({ entryCount, entryBytes }: Counted, has: (key: Buffer) => boolean) {
    this.#count = entryCount
    this.#meanBytes = entryBytes
    this.#has = has
  }

  get counted(): Counted {
    return { entryCount: this.entryCount, entryBytes: this.#meanBytes }
  }

  get entryCount(): number {
    return Math.max(0, Math.round(this.#count))
  }

  get sizeBytes(): number {
    return Math.round(this.entryCount * this.#meanBytes)
  }

  /** Called before a batch is written. */
  note(entries: StoreEntries): void {
    if (entries.repeating !== undefined) return this.#noteRepeating(entries, entries.repeating)
    if (this.entryCount === 0) return this.#noteFirst(entries)
    for (let index = 0; index < entries.length; index += sampleEvery) {
      const stands = Math.min(sampleEvery, entries.length - index)
      this.#noteEntry(entries.at(index), stands)
    }
  }

  /** So many have been deleted with their whole range. */
  dropped(count: number): void {
    this.#count = Math.max(0, this.#count - count)
  }

  /** In an empty store every key is new. */
  #noteFirst(entries: StoreEntries): void {
    let count = 0
    let bytes = 0
    for (const { key, value } of entries) {
      if (value === null) continue
      count++
      bytes += key.length + value.length
    }
    this.#count = count
    this.#meanBytes = count === 0 ? 0 : bytes / count
  }

  #noteRepeating(entries: StoreEntries, { every, sample }: KeySample): void {
    const last = new Map<string, StoreEntry | undefined>()
    for (const index of sample) {
      const entry = entries.at(index)
      last.set(entry?.key.latin1Slice() ?? '', entry)
    }
    for (const entry of last.values()) this.#noteEntry(entry, every)
  }

  /** @param stands - for how many */
  #noteEntry(entry: StoreEntry | undefined, stands: number): void {
    if (entry === undefined) return
    const { key, value } = entry
    const isThere = this.#has(key)
    if (value === null) {
      this.#count -= isThere ? stands : 0
      return
    }
    const bytes = key.length + value.length
    this.#meanBytes = this.#meanBytes === 0 ? bytes : this.#meanBytes * 0.99 + bytes * 0.01
    this.#count += isThere ? 0 : stands
  }
}
