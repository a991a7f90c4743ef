import '../../base/node-extras.ts'
import { isUtf8 } from 'node:buffer'
import { Lazy } from '../../data/lazy.ts'
import { parseJson } from '../../data/exact-json.ts'
import { malformed, scanned, scanValue, skipBlanks } from './scan.ts'

/** A JSON value that has been checked and not parsed. */
export class JsonText extends Lazy {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** Whether the bytes are its own: they stay as they are. */
  readonly #isOwner: boolean

  constructor(buffer: Buffer, start: number, end: number, isOwner = false) {
    super()
    this.#isOwner = isOwner
    this.buffer = buffer
    this.start = start
    this.end = end
  }

  override jsonText(): string {
    return this.buffer.utf8Slice(this.start, this.end)
  }

  materialize(): unknown {
    return parseJson(this.jsonText())
  }

  detach(): JsonText {
    if (this.#isOwner) return this
    const length = this.end - this.start
    const at = roomFor(length)
    this.buffer.copy(room, at, this.start, this.end)
    return new JsonText(room, at, at + length, true)
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

/**
 * Checks that `buffer[start .. end)` is one JSON value and leaves its kind in `scanned.kind`.
 *
 * @throws StreamError `VALUE_MALFORMED`
 */
export function checkJson(buffer: Buffer, start: number, end: number): void {
  scanned.unicode = false
  scanned.start = start
  const behind = scanValue(buffer, skipBlanks(buffer, start, end), end, 0)
  const kind = scanned.kind
  checkEnd(buffer, behind, start, end)
  scanned.kind = kind
}

/** Checks what stands behind the value, and that text beyond ASCII is UTF-8. */
export function checkEnd(buffer: Buffer, behind: number, start: number, end: number): void {
  const last = skipBlanks(buffer, behind, end)
  if (last !== end) malformed(last, 'something behind the value')
  if (scanned.unicode && !isUtf8(buffer.subarray(start, end))) malformed(start, 'text that is not UTF-8')
}
