/**
 * Values whose schema is named in the record's headers, with that name in front of them: rows are kept and joined without headers.
 *
 * A byte that no registry's serialiser begins a value with, the length of the name (4 bytes), the name as JSON, the value.
 */
import type { Frame } from '../registry/contracts.ts'

type Name = Pick<Frame, 'kind' | 'id' | 'messagePath' | 'messageName'>

const mark = 0xff
const nameAt = 5

export function carryFrame(
  { kind, id, messagePath, messageName, bodyStart }: Frame,
  buffer: Buffer,
  end: number,
): Buffer {
  const name = Buffer.from(JSON.stringify({ kind, id, messagePath, messageName } satisfies Name))
  const carried = Buffer.allocUnsafe(nameAt + name.length + end - bodyStart)
  carried[0] = mark
  carried.writeInt32BE(name.length, 1)
  name.copy(carried, nameAt)
  buffer.copy(carried, nameAt + name.length, bodyStart, end)
  return carried
}

/** The frame of bytes that {@link carryFrame} made; undefined for values that name their schema themselves. */
export function carriedFrame(buffer: Buffer, start: number): Frame | undefined {
  if (buffer[start] !== mark) return undefined
  const bodyStart = start + nameAt + buffer.readInt32BE(start + 1)
  const name = JSON.parse(buffer.utf8Slice(start + nameAt, bodyStart)) as Name
  return { ...name, inHeaders: false, bodyStart }
}
