/**
 * What a broker knows beside records (topics, group offsets, transactions), as the newest value of each key in a log of its own.
 *
 * It is one hidden partition with the machinery of all others: batches with checksums, a torn tail is cut, compaction keeps it
 * short. What stands in one `put` is one batch: after a crash, all of it is there or nothing.
 */
import {
  batchAt,
  batchesIn,
  RecordColumns,
  recordsOf,
  type RecordsSection,
} from '../../protocol/record-batch-reader.ts'
import { RecordBatchWriter } from '../../protocol/record-batch-writer.ts'
import { StreamError } from '../../base/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { PartitionLog } from './partition-log.ts'

/** The first word says whose it is. */
export type StateKey = readonly [kind: string, ...parts: (string | number)[]]

export interface StateEntry {
  readonly key: StateKey
  /** What JSON can hold; undefined to forget the key. */
  readonly value: unknown
}

/** Where a broker puts down what it has to remember. */
export interface StateKeeper {
  /** @throws StreamError `DISK_FULL` where it could not be written */
  put(entries: readonly StateEntry[]): void
  /** What was there when the broker was opened, of one kind. */
  recovered(kind: string): readonly StateEntry[]
}

/** For a broker in memory: what it forgets with its end needs no log. */
export const noState: StateKeeper = { put: () => {}, recovered: () => [] }

const readBytesMax = 1_048_576

export class StateLog implements StateKeeper {
  readonly #log: PartitionLog
  readonly #clock: Clock
  readonly #writer = new RecordBatchWriter()
  readonly #recovered: Map<string, StateEntry>

  constructor(log: PartitionLog, clock: Clock) {
    this.#log = log
    this.#clock = clock
    this.#recovered = readState(log)
  }

  put(entries: readonly StateEntry[]): void {
    const nowMs = this.#clock.nowMs()
    for (const { key, value } of entries) {
      const keyBytes = Buffer.from(JSON.stringify(key))
      const valueBytes = value === undefined ? noBytes : Buffer.from(JSON.stringify(value))
      this.#writer.append({
        timestampMs: nowMs,
        key: keyBytes,
        keyStart: 0,
        keyEnd: keyBytes.length,
        value: valueBytes,
        valueStart: 0,
        valueEnd: value === undefined ? -1 : valueBytes.length,
        headers: undefined,
      })
    }
    const bytes = this.#writer.finish()
    const header = batchAt(bytes, 0)
    if (header === undefined) return
    const { kind } = this.#log.append({ bytes, header, logAppendTimeMs: undefined }, nowMs)
    if (kind !== 'appended')
      throw new StreamError('DISK_FULL', 'could not write down a change of topics, groups or transactions', {
        hint: 'Make room on the disk; the log says what went wrong.',
      })
  }

  recovered(kind: string): readonly StateEntry[] {
    return [...this.#recovered.values()].filter(({ key }) => key[0] === kind)
  }

  /** What was recovered has been taken over. */
  forgetRecovered(): void {
    this.#recovered.clear()
  }
}

const noBytes = Buffer.alloc(0)

function readState(log: PartitionLog): Map<string, StateEntry> {
  const state = new Map<string, StateEntry>()
  const limits = { isolation: 'read_uncommitted', maxBytes: readBytesMax, atLeastOne: true } as const
  let offset = log.startOffset
  for (;;) {
    const { records } = log.read(offset, limits)
    if (records.length === 0) return state
    for (const header of batchesIn(records)) {
      takeBatch(recordsOf(records, header), state)
      offset = header.lastOffset + 1
    }
  }
}

function takeBatch(section: RecordsSection, state: Map<string, StateEntry>): void {
  const columns = new RecordColumns()
  columns.read(section)
  for (let i = 0; i < columns.count; i++) {
    const key = section.buffer.toString('utf8', columns.keyStart[i], columns.keyEnd[i])
    const valueEnd = columns.valueEnd[i] ?? -1
    if (valueEnd < 0) state.delete(key)
    else {
      const value = section.buffer.toString('utf8', columns.valueStart[i], valueEnd)
      state.set(key, { key: JSON.parse(key), value: JSON.parse(value) })
    }
  }
}
