/**
 * Records of several topics that belong together, one of each table at most, as an SQL join by time-to-live makes them step by step.
 * Each is known by its position, so that what came from it can be told apart for ever, and kept as the bytes that it came in.
 *
 * As bytes, for each table: 0 where there is none, else 1, partition (4), offset (8), timestamp (8), length (4) and the value.
 */
import type { ByteWriter } from '../../base/byte-writer.ts'
import type { JoinedTable } from '../../topology/ttl-join-nodes.ts'
import type { TaskContext } from '../processor.ts'

export interface Member {
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly value: Buffer
}

/** By scope. The driver is always there, but where a right side is on its way to its join. */
export type Combination = readonly (Member | undefined)[]

/** The same combination with another member in one scope. */
export function withMember(combination: Combination, scope: number, member: Member | undefined): Combination {
  return combination.with(scope, member)
}

export function sameRecord(one: Member | undefined, other: Member | undefined): boolean {
  return one?.partition === other?.partition && one?.offset === other?.offset
}

/** Tells combinations apart by the members of these scopes. */
export function identityOf(combination: Combination, scopes: readonly number[]): string {
  return scopes.map((scope) => positionOf(combination[scope])).join(' ')
}

/** Of a combination's driver, for what has no other key. No text of a join key begins so. */
export function driverKey([driver]: Combination): string {
  return `@${positionOf(driver)}`
}

export function isDriverKey(key: unknown): boolean {
  return typeof key === 'string' && key.startsWith('@')
}

function positionOf(member: Member | undefined): string {
  return member === undefined ? '-' : `${member.partition}:${member.offset}`
}

/** The largest time of the members. */
export function timeOf(combination: Combination): number {
  let latestMs = 0
  for (const member of combination)
    if (member !== undefined && member.timestampMs > latestMs) latestMs = member.timestampMs
  return latestMs
}

/** A driver that is a dimension comes in versions. */
export function sameDriver(one: Combination | undefined, other: Combination): boolean {
  return one !== undefined && sameRecord(one[0], other[0])
}

/**
 * Whether a removal is about what a combination once was: before this table's scope it had other rows than it has now. A removal without a
 * driver, as a driver's tombstone is, is about all there is.
 */
export function isOfThePast(removal: Combination, kept: Combination, scope: number): boolean {
  if (removal[0] === undefined) return false
  for (let index = 0; index < scope; index++) if (!sameRecord(removal[index], kept[index])) return true
  return false
}

/** The scopes of tables whose every record counts: what tells combinations apart that stand under one key. */
export function eventScopes(tables: readonly JoinedTable[]): readonly number[] {
  return tables.flatMap(({ role, byRecordKey }, scope) =>
    role === 'event' || byRecordKey === true ? [scope] : [],
  )
}

/** Says which combinations have expired: those with a member as old as its time-to-live. */
export class Lifetimes {
  readonly #tables: readonly JoinedTable[]
  readonly #context: TaskContext

  constructor(tables: readonly JoinedTable[], context: TaskContext) {
    this.#tables = tables
    this.#context = context
  }

  isLive(combination: Combination): boolean {
    const endMs = this.endMs(combination)
    return endMs === undefined || this.#context.streamTimeMs < endMs
  }

  /** When its first member expires; undefined: none does. */
  endMs(combination: Combination): number | undefined {
    let endMs: number | undefined
    for (const [scope, member] of combination.entries()) {
      const ttlMs = this.#tables[scope]?.timeToLiveMs
      if (member === undefined || ttlMs === undefined) continue
      if (endMs === undefined || member.timestampMs + ttlMs < endMs) endMs = member.timestampMs + ttlMs
    }
    return endMs
  }
}

export function writeCombination(combination: Combination, writer: ByteWriter): void {
  for (const member of combination) {
    writer.writeInt8(member === undefined ? 0 : 1)
    if (member === undefined) continue
    writer.writeInt32(member.partition)
    writer.writeInt64(member.offset)
    writer.writeInt64(member.timestampMs)
    writer.writeInt32(member.value.length)
    writer.writeBytes(member.value)
  }
}

/** The bytes of one combination, its own. */
export function encodeCombination(combination: Combination, scratch: ByteWriter): Buffer {
  scratch.reset()
  writeCombination(combination, scratch)
  return scratch.copy()
}

const memberHeadBytes = 24

/** @returns where it ends; its values are views of the bytes */
export function readCombination(
  bytes: Buffer,
  start: number,
  scopes: number,
): { readonly combination: Combination; readonly end: number } {
  const combination: (Member | undefined)[] = []
  let at = start
  for (let scope = 0; scope < scopes; scope++) {
    const present = bytes[at++] === 1
    combination.push(present ? readMember(bytes, at) : undefined)
    if (present) at += memberHeadBytes + bytes.readInt32BE(at + 20)
  }
  return { combination, end: at }
}

/** Without a BigInt: it is within what numbers hold exactly. */
function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 4_294_967_296 + bytes.readUInt32BE(at + 4)
}

function readMember(bytes: Buffer, at: number): Member {
  const start = at + memberHeadBytes
  return {
    partition: bytes.readInt32BE(at),
    offset: readInt64(bytes, at + 4),
    timestampMs: readInt64(bytes, at + 12),
    value: bytes.subarray(start, start + bytes.readInt32BE(at + 20)),
  }
}
