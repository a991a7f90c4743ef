import type { EngineEntry, PointStore } from './contracts.ts'

interface Reached {
  readonly timeMs: number
  readonly sequence: number
}

/** Before all buckets' keys nothing is smaller, after them stand {@link newestPrefix} and this. */
export const streamTimeKey = Buffer.from('7ffffffffffffffe', 'hex')

/**
 * The largest time that was ever put into a store: what its entries expire by. It stands in the engine beside them, so that it survives
 * a restart, and it falls back with a generation that fails, so that what is processed again expires as it did before.
 */
export class StreamTime {
  valueMs = -1
  /** The last number given to an entry of a store that keeps duplicates. */
  sequence = 0
  #committed: Reached = { timeMs: -1, sequence: 0 }
  #sealed: (Reached & { readonly generation: number })[] = []

  /** Takes up what an engine holds. */
  load(engine: Pick<PointStore, 'get'>): void {
    const bytes = engine.get(streamTimeKey)
    if (bytes === undefined) return
    this.#committed = { timeMs: Number(bytes.readBigInt64BE(0)), sequence: bytes.readInt32BE(8) }
    this.#goBackTo(this.#committed)
  }

  /** The engine holds no entry of a later time. */
  get committedMs(): number {
    return this.#committed.timeMs
  }

  observe(timeMs: number): void {
    if (timeMs > this.valueMs) this.valueMs = timeMs
  }

  seal(generation: number): void {
    this.#sealed.push({ generation, timeMs: this.valueMs, sequence: this.sequence })
  }

  /** What the engine must be told with the oldest sealed generation. */
  sealedEntry(): EngineEntry | undefined {
    return this.#entry(this.#sealed[0])
  }

  committed(): void {
    this.#committed = this.#sealed.shift() ?? this.#committed
  }

  failed(generation: number): void {
    this.#sealed = this.#sealed.filter((sealed) => sealed.generation < generation)
    this.#goBackTo(this.#sealed.at(-1) ?? this.#committed)
  }

  /** What the engine must be told with entries that were restored up to now. */
  restored(): EngineEntry | undefined {
    const reached = { timeMs: this.valueMs, sequence: this.sequence }
    const entry = this.#entry(reached)
    this.#committed = reached
    return entry
  }

  #entry(reached: Reached | undefined): EngineEntry | undefined {
    const { timeMs, sequence } = this.#committed
    if (reached === undefined || (reached.timeMs === timeMs && reached.sequence === sequence))
      return undefined
    const value = Buffer.alloc(12)
    value.writeBigInt64BE(BigInt(reached.timeMs), 0)
    value.writeInt32BE(reached.sequence, 8)
    return { key: streamTimeKey, value }
  }

  #goBackTo({ timeMs, sequence }: Reached): void {
    this.valueMs = timeMs
    this.sequence = sequence
  }
}
