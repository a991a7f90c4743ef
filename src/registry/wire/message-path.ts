/**
 * Protobuf messages by position, as Confluent's serialisers write them: a count, then an index for each level, all of them
 * zigzag varints; the first message of a file, the usual case, is the single byte 0.
 */
import { StreamError } from '../../base/errors.ts'

/** Messages nested deeper than this are taken for damage. */
const depthMax = 64
const first: readonly number[] = [0]

export interface PathAndEnd {
  readonly path: readonly number[]
  readonly end: number
}

/** @throws StreamError `VALUE_MALFORMED` */
export function readMessagePath(buffer: Buffer, start: number, end: number): PathAndEnd {
  if (buffer[start] === 0 && start < end) return { path: first, end: start + 1 }
  let at = start
  const next = (): number => {
    let value = 0
    for (let shift = 0; shift < 35 && at < end; shift += 7) {
      const byte = buffer[at++] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw malformedPath('The list is cut off or holds a number of more than 32 bits.')
  }
  const depth = next()
  if (depth < 1 || depth > depthMax) throw malformedPath(`The list says that it has ${depth} levels.`)
  const path: number[] = []
  while (path.length < depth) {
    const index = next()
    if (index < 0) throw malformedPath('The list holds a negative index.')
    path.push(index)
  }
  return { path, end: at }
}

export function messagePathBytes(path: readonly number[]): Buffer {
  if (path.length === 1 && path[0] === 0) return Buffer.from([0])
  return Buffer.from([path.length, ...path].flatMap((index) => varint(index * 2)))
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80)
  return [...bytes, rest]
}

function malformedPath(detail: string): StreamError {
  return new StreamError('VALUE_MALFORMED', 'could not read which Protobuf message the value is', {
    detail,
    hint: 'Check that the producer uses a Protobuf serialiser of the same kind of registry.',
  })
}
