import { StreamError } from '../../base/errors.ts'
import type { CommittedOffset } from '../../kafka/contracts.ts'

const versionPlain = 1
/** Event times of operators stand behind the partition's. */
const versionWithTimes = 2
const bytesPlain = 9
const countBytes = 4
/** Of an event time, beside its name: the name's length and the time. */
const entryBytes = 12

/** The event times that operators keep, by name. */
export type NamedTimes = readonly (readonly [name: string, ms: number])[]

/**
 * A partition's time as it rides in its committed offset's metadata: base64 of a version byte, the time as 8 bytes, and where operators
 * keep times of their own, how many, and each with the length of its name, name and time. Kafka Streams writes the same
 * (`TopicPartitionMetadata`), so either can take over from the other. A broker takes {@link metadataCharactersMax} of it: seventy
 * operators or so.
 */
export function encodePartitionTime(partitionTimeMs: number, times: NamedTimes = []): string {
  const names = times.map(([name]) => Buffer.from(name, 'utf8'))
  const nameBytes = names.reduce((sum, name) => sum + name.length + entryBytes, 0)
  const bytes = Buffer.alloc(bytesPlain + (times.length === 0 ? 0 : countBytes + nameBytes))
  bytes.writeInt8(times.length === 0 ? versionPlain : versionWithTimes, 0)
  let at = writeTime(bytes, partitionTimeMs, 1)
  if (times.length > 0) at = bytes.writeInt32BE(times.length, at)
  for (const [index, [, ms]] of times.entries()) {
    const name = names[index] ?? Buffer.alloc(0)
    at = bytes.writeInt32BE(name.length, at)
    at += name.copy(bytes, at)
    at = writeTime(bytes, ms, at)
  }
  return bytes.toString('base64')
}

/** Kafka's `offset.metadata.max.bytes` where nobody has set it. */
export const metadataCharactersMax = 4096

/** @throws StreamError `TOPOLOGY_INVALID` where times of these names could never be committed */
export function checkMetadataSize(task: string, names: readonly string[]): void {
  const size = encodePartitionTime(
    0,
    names.map((name) => [name, 0]),
  ).length
  if (size <= metadataCharactersMax) return
  throw new StreamError('TOPOLOGY_INVALID', `task ${task} keeps more event times than a commit can hold`, {
    detail: `${names.length} of its operators' times take ${size} characters beside a committed offset; Kafka takes ${metadataCharactersMax}.`,
    hint: 'Give operations shorter names, or put a topic between two parts of the pipeline, so that each has tasks of its own.',
  })
}

type WithMetadata = Pick<CommittedOffset, 'metadata'> | undefined

/** @returns −1 where the offset carries no time: metadata is free text, and other tools may have written it */
export function decodePartitionTime(offset: WithMetadata): number {
  const bytes = bytesOf(offset)
  return bytes === undefined ? -1 : Number(bytes.readBigInt64BE(1))
}

/** The operators' times in an offset's metadata; none where it has no, or no sound ones. */
export function decodeOperatorTimes(offset: WithMetadata): NamedTimes {
  const bytes = bytesOf(offset)
  if (bytes === undefined || bytes.readInt8(0) !== versionWithTimes) return []
  const times: (readonly [string, number])[] = []
  let at = bytesPlain + countBytes
  while (at + entryBytes <= bytes.length) {
    const nameEnd = at + 4 + bytes.readInt32BE(at)
    if (nameEnd < at + 4 || nameEnd + 8 > bytes.length) return []
    times.push([bytes.toString('utf8', at + 4, nameEnd), Number(bytes.readBigInt64BE(nameEnd))])
    at = nameEnd + 8
  }
  return times
}

function bytesOf(offset: WithMetadata): Buffer | undefined {
  if (offset === undefined || offset.metadata === '') return undefined
  const bytes = Buffer.from(offset.metadata, 'base64')
  return bytes.length < bytesPlain || bytes.readInt8(0) < versionPlain ? undefined : bytes
}

function writeTime(bytes: Buffer, timeMs: number, at: number): number {
  return bytes.writeBigInt64BE(BigInt(Math.trunc(timeMs)), at)
}
