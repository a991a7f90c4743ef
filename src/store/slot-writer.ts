import { ByteWriter } from '../base/byte-writer.ts'
import { addDetail, toStreamError, type StreamError } from '../base/errors.ts'
import type { ChangeLogSink, SealedEntries } from './contracts.ts'
import type { Slot } from './slot.ts'
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

type Entry<Identity> = Pick<Slot<Identity>, 'identity' | 'value' | 'timestampMs'>

/** Keys that stand in the engine as they do in the change log. */
export function plainKeys<Identity>(keys: Pick<KeyWriter<Identity>, 'write'>): KeyWriter<Identity> {
  return { prefixBytes: 0, write: (identity, writer) => keys.write(identity, writer) }
}

/** Turns slots into bytes, for the engine and for the change log: plain values there, with their time as the record's. */
export class SlotWriter<Identity> {
  readonly #options: SlotWriterOptions<Identity>
  readonly #scratch = new ByteWriter()

  constructor(options: SlotWriterOptions<Identity>) {
    this.#options = options
  }

  /** An entry is about to be written: logs it, or throws where it does not fit its format. */
  write(identity: Identity, value: unknown, timestampMs: number): void {
    const { changeLog, logAt, values, checksWrites } = this.#options
    const logs = changeLog !== undefined && logAt === 'write'
    if (!logs && !checksWrites) return
    const writer = this.#scratch
    writer.reset()
    const keyEnd = this.#encode({ identity, value, timestampMs }, writer)
    if (!logs) return
    const plain = value === null ? null : writer.buffer.subarray(keyEnd + values.prefixBytes, writer.length)
    this.#log(writer.buffer.subarray(0, keyEnd), plain, timestampMs)
  }

  /** Encodes every slot once, all into one buffer. Nothing has changed when a value does not fit its format and this throws. */
  encode(slots: readonly Slot<Identity>[], writer: ByteWriter): SealedEntries {
    writer.reset()
    const ends = new Float64Array(slots.length * 2)
    for (let index = 0; index < slots.length; index++) {
      ends[index * 2] = this.#encode(slots[index] as Slot<Identity>, writer)
      ends[index * 2 + 1] = writer.length
    }
    let start = 0
    const entries = slots.map((slot, index) => {
      const keyEnd = ends[index * 2] as number
      const valueEnd = ends[index * 2 + 1] as number
      const key = writer.buffer.subarray(start, keyEnd)
      start = valueEnd
      return { key, value: slot.value === null ? null : writer.buffer.subarray(keyEnd, valueEnd) }
    })
    if (this.#options.changeLog !== undefined && this.#options.logAt === 'seal') this.#logAll(entries, slots)
    return entries
  }

  #logAll(entries: SealedEntries, slots: readonly Slot<Identity>[]): void {
    const { prefixBytes } = this.#options.values
    for (let index = 0; index < entries.length; index++) {
      const { key, value } = entries[index] as SealedEntries[number]
      const timestampMs = slots[index]?.timestampMs ?? 0
      this.#log(key, value === null ? null : value.subarray(prefixBytes), timestampMs)
    }
  }

  #log(key: Buffer, plain: Buffer | null, timestampMs: number): void {
    const { changeLog, keys, name } = this.#options
    changeLog?.append(name, key.subarray(keys.prefixBytes), plain, timestampMs)
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
