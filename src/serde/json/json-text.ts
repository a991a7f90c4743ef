import '../../base/node-extras.ts'
import { Lazy } from '../../data/lazy.ts'
import { parseJson } from '../../data/exact-json.ts'
import type { JsonOutline } from './outline.ts'

/** A JSON value that has been checked and not parsed. */
export class JsonText extends Lazy {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** What knows its fields, until it has checked another; undefined where the bytes are its own and stay as they are. */
  readonly #outline: JsonOutline | undefined

  constructor(buffer: Buffer, start: number, end: number, outline?: JsonOutline) {
    super()
    this.#outline = outline
    this.buffer = buffer
    this.start = start
    this.end = end
  }

  override jsonText(): string {
    return this.buffer.utf8Slice(this.start, this.end)
  }

  materialize(): unknown {
    return this.#outline?.value(this) ?? parseJson(this.jsonText())
  }

  detach(): JsonText {
    if (this.#outline === undefined) return this
    const length = this.end - this.start
    const at = roomFor(length)
    this.buffer.copy(room, at, this.start, this.end)
    return new JsonText(room, at, at + length)
  }
}

/** What is kept of values, one behind the other: a buffer of its own for each would weigh more than most values do. */
const roomBytes = 8192
let room = Buffer.allocUnsafeSlow(roomBytes)
let used = 0

/** @returns where so many bytes may be written in {@link room} */
function roomFor(bytes: number): number {
  if (used + bytes > room.length) {
    room = Buffer.allocUnsafeSlow(Math.max(bytes, roomBytes))
    used = 0
  }
  const at = used
  used += bytes
  return at
}
