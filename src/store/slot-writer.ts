import { ByteWriter } from '../base/byte-writer.ts'
import { addDetail, toStreamError, type StreamError } from '../base/errors.ts'
import type { ChangeLogSink } from './contracts.ts'
import { emptyChange } from './logged-change.ts'
import type { Slot } from './slot.ts'
import { PackedEntries } from './store-entries.ts'
import type { ValueCoding } from './value-coding.ts'

/** How a slot's identity becomes the engine's key. */
export interface KeyWriter<Identity> {
  /** Bytes before the key as it stands in the change log: what only the engine needs. */
  readonly prefixBytes: number
  /** Appends prefix and key. */
  write(identity: Identity, writer: ByteWriter): void
}

export interface SlotWriterOptions<Identity> {
  /** The store's name. */
  readonly name: string
  readonly keys: KeyWriter<Identity>
  readonly values: ValueCoding
  /** Where changes are logged; undefined: nowhere. */
  readonly changeLog: ChangeLogSink | undefined
  /** `write`: every write in order; `seal`: each entry once a generation. */
  readonly logAt: 'write' | 'seal'
  /**
   * Whether what does not fit its format is found when it is written, while the record that brought it is at hand, even where nothing
   * is logged before the seal. It costs one more encoding a write.
   */
  readonly checksWrites: boolean
}

/** Where an entry stands in a buffer: key, then value. */
interface EntryBounds {
  readonly start: number
  readonly keyEnd: number
  readonly end: number
  readonly isDeleted: boolean
}

type Entry<Identity> = Pick<Slot<Identity>, 'identity' | 'value' | 'timestampMs'>

/** Keys that stand in the engine as they do in the change log. */
export function plainKeys<Identity>(keys: Pick<KeyWriter<Identity>, 'write'>): KeyWriter<Identity> {
  return { prefixBytes: 0, write: (identity, writer) => keys.write(identity, writer) }
}

/** One of so many writes is encoded where none is. */
const sampleEvery = 64

/** Turns slots into bytes, for the engine and for the change log: plain values there, with their time as the record's. */
export class SlotWriter<Identity> {
  readonly #options: SlotWriterOptions<Identity>
  readonly #scratch = new ByteWriter()
  /** The same for every record. */
  readonly #change = emptyChange()
  #sampleBytes = 0
  #untilSample = 0

  constructor(options: SlotWriterOptions<Identity>) {
    this.#options = options
  }

  /** An entry is about to be written: logs it, or throws where it does not fit its format. @returns how many bytes it has, about */
  write(identity: Identity, value: unknown, timestampMs: number): number {
    const { changeLog, logAt, checksWrites } = this.#options
    const logs = changeLog !== undefined && logAt === 'write'
    if (!logs && !checksWrites) return this.#sampled(identity, value, timestampMs)
    const writer = this.#scratch
    writer.reset()
    const keyEnd = this.#encode({ identity, value, timestampMs }, writer)
    if (!logs) return writer.length
    const change = this.#change
    change.bytes = writer.buffer
    this.#log({ start: 0, keyEnd, end: writer.length, isDeleted: value === null }, timestampMs)
    return writer.length
  }

  /** What is not encoded before the seal counts as much as the last one that was, to see. */
  #sampled(identity: Identity, value: unknown, timestampMs: number): number {
    if (value === null) return 0
    if (this.#untilSample-- > 0) return this.#sampleBytes
    this.#untilSample = sampleEvery - 1
    const writer = this.#scratch
    writer.reset()
    try {
      this.#encode({ identity, value, timestampMs }, writer)
      this.#sampleBytes = writer.length
    } catch {
      // What does not fit is told of by the seal.
    }
    return this.#sampleBytes
  }

  /** Encodes every slot once, all into one buffer. Nothing has changed when a value does not fit its format and this throws. */
  encode(slots: readonly Slot<Identity>[]): PackedEntries {
    const writer = this.#scratch
    writer.reset()
    const ends = new Float64Array(slots.length * 2)
    const isDeleted = new Uint8Array(slots.length)
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index] as Slot<Identity>
      ends[index * 2] = this.#encode(slot, writer)
      ends[index * 2 + 1] = writer.length
      if (slot.value === null) isDeleted[index] = 1
    }
    if (this.#options.changeLog !== undefined && this.#options.logAt === 'seal') this.#logAll(slots, ends)
    return new PackedEntries(writer.copy(), ends, (index) => isDeleted[index] === 1)
  }

  #logAll(slots: readonly Slot<Identity>[], ends: Float64Array): void {
    this.#change.bytes = this.#scratch.buffer
    let start = 0
    for (let index = 0; index < slots.length; index++) {
      const { value, timestampMs } = slots[index] as Slot<Identity>
      const keyEnd = ends[index * 2] as number
      const end = ends[index * 2 + 1] as number
      this.#log({ start, keyEnd, end, isDeleted: value === null }, timestampMs ?? 0)
      start = end
    }
  }

  /** One entry of the buffer that the change has. */
  #log({ start, keyEnd, end, isDeleted }: EntryBounds, timestampMs: number): void {
    const { changeLog, keys, values } = this.#options
    const change = this.#change
    change.keyStart = start + keys.prefixBytes
    change.keyEnd = keyEnd
    change.valueStart = keyEnd + values.prefixBytes
    change.valueEnd = isDeleted ? -1 : end
    change.timestampMs = timestampMs
    changeLog?.append(change)
  }

  /** @returns where the key ends */
  #encode({ identity, value, timestampMs }: Entry<Identity>, writer: ByteWriter): number {
    try {
      this.#options.keys.write(identity, writer)
      const keyEnd = writer.length
      if (value !== null) this.#options.values.write(value, timestampMs ?? 0, writer)
      return keyEnd
    } catch (error) {
      throw this.#failure(error)
    }
  }

  #failure(error: unknown): StreamError {
    return addDetail(toStreamError(error), `It was written to store "${this.#options.name}".`)
  }
}
