import type { ByteWriter } from '../base/byte-writer.ts'

/** What stands in a list that a store makes durable. Its key is its own; key and value stay as they are. */
export abstract class ListItem {
  readonly timestampMs: number
  /** The store's: the generations in which it came and went, 0 before that, and whether the engine has it. */
  cameIn = 0
  wentIn = 0
  isWritten = false

  constructor(timestampMs: number) {
    this.timestampMs = timestampMs
  }

  abstract get valueBytes(): number
  abstract writeKey(writer: ByteWriter): void
  abstract writeValue(writer: ByteWriter): void
}
