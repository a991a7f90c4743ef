/**
 * What stands between a window store that keeps duplicates and its engine: entries are put once, read for some time and expire. None is
 * ever replaced or deleted.
 *
 * Model. A {@link KeyedLog} has the newest entries as the engine and the change log have them, in bytes that are made once. A generation is
 * a stretch of it. From `completeFrom` on the log has all that the engine has, so that live windows are served without reading it; at the
 * first use after a start what is live is read into the log once, newest first, as far as there is room.
 */
import { ByteWriter } from '../base/byte-writer.ts'
import { addDetail, toStreamError } from '../base/errors.ts'
import type { Counter } from '../base/metrics.ts'
import { bucketPrefix, type Buckets } from './buckets.ts'
import type { CleanBudget } from './clean-budget.ts'
import type {
  ChangeLogSink,
  OrderedStore,
  RestoreRecords,
  StoreEntries,
  StoreEntry,
  StoreKeyIdentity,
  TimeRange,
} from './contracts.ts'
import { assert } from '../base/assert.ts'
import { KeyedLog, type KeyedLogEntry } from './keyed-log.ts'
import { emptyChange } from './logged-change.ts'
import type { GenerationSize } from './generation-size.ts'
import { NewestEntries } from './newest-entries.ts'
import type { StreamTime } from './stream-time.ts'
import type { TimedCoding } from './timed-coding.ts'
import { TimedRestore } from './timed-restore.ts'
import { readTimestamp, type ValueCoding } from './value-coding.ts'

export interface DuplicatesOptions {
  readonly name: string
  readonly engine: Pick<OrderedStore, 'range'>
  readonly coding: TimedCoding
  readonly values: ValueCoding
  readonly buckets: Buckets
  readonly time: StreamTime
  readonly changeLog: ChangeLogSink | undefined
  readonly cleanEntriesMax: number
  readonly cleanBudget: Pick<CleanBudget, 'uncommitted'>
  /** Counts reads that the log could not answer. */
  readonly engineReads: Counter
}

/** `timestampMs` is undefined where values carry none. */
export type DuplicateVisitor = (value: unknown, startMs: number, timestampMs: number | undefined) => void

/** An entry that a scan came across. */
export interface FoundEntry {
  readonly key: Buffer
  readonly value: Buffer
}

interface Generation {
  readonly number: number
  /** Where its entries end in the log. */
  readonly end: number
  readonly bytes: number
}

/** Entries share buffers of this size. */
const chunkBytes = 65_536
const bytesMax = 64 * 1_048_576
/** More is not kept at a start. */
const loadedMax = 65_536
/** A bucket with more is not looked through for what is newest in it: that takes about a second. */
const lookedThroughMax = 16 * loadedMax

export class Duplicates {
  readonly options: DuplicatesOptions
  readonly #log = new KeyedLog()
  readonly #isTimestamped: boolean
  #sealed: Generation[] = []
  #unwritten: Generation[] = []
  #committedEnd = 0
  #writtenEnd = 0
  #open = 1
  /** Of the entries of the open generation. */
  #openBytes = 0
  /** Undefined: nobody has asked since the engine was written past the log. */
  #completeFrom: number | undefined = undefined
  #chunk = new ByteWriter(chunkBytes)
  readonly #restore: TimedRestore
  readonly #entry: KeyedLogEntry = emptyEntry()
  /** The same for every record. */
  readonly #change = emptyChange()

  constructor(options: DuplicatesOptions) {
    this.options = options
    this.#restore = new TimedRestore(options)
    this.#isTimestamped = options.values.prefixBytes > 0
  }

  get dirtyCount(): number {
    return this.#log.tail - this.#committedEnd
  }

  isExpired(startMs: number): boolean {
    return startMs < this.options.buckets.liveFromMs
  }

  /** The time must not have expired. Nothing has changed where this throws. */
  put(key: StoreKeyIdentity, value: unknown, startMs: number, timestampMs: number): void {
    this.#complete()
    const entry = this.#entry
    entry.identity = key
    entry.first = startMs
    entry.second = this.options.time.sequence
    this.#encode(entry, value, timestampMs)
    this.#append(entry, timestampMs)
    this.#log.add(entry)
    const bytes = entry.end - entry.start
    this.#openBytes += bytes
    this.options.cleanBudget.uncommitted(bytes)
  }

  /** Calls `visit` for what a key has within these times, both included, by time and then as they came. */
  visit(key: StoreKeyIdentity, times: TimeRange, visit: DuplicateVisitor): void {
    const from = Math.max(times.fromMs, this.options.buckets.liveFromMs)
    if (from > times.toMs) return
    if (from < this.#complete()) {
      this.#visitAll(key, { fromMs: from, toMs: times.toMs }, visit)
      return
    }
    for (const place of this.#log.find(key, from, times.toMs)) {
      const entry = this.#log.read(place, this.#entry)
      visit(this.#valueOf(entry), entry.first, this.#timestampOf(entry))
    }
  }

  /** What the engine does not have, in no order. */
  *dirtyEntries(): Generator<FoundEntry> {
    for (let place = Math.max(this.#log.head, this.#writtenEnd); place < this.#log.tail; place++)
      yield found(this.#log.read(place, emptyEntry()))
  }

  seal(): number {
    this.#sealed.push({ number: this.#open, end: this.#log.tail, bytes: this.#openBytes })
    this.#openBytes = 0
    return this.#open++
  }

  committed(generation: number): GenerationSize {
    const oldest = this.#sealed.shift()
    assert(oldest?.number === generation, `generation ${generation} is not the oldest sealed one`)
    const count = oldest.end - this.#committedEnd
    this.#committedEnd = oldest.end
    this.options.cleanBudget.uncommitted(-oldest.bytes)
    if (count > 0) this.#unwritten.push(oldest)
    return { count, bytes: oldest.bytes }
  }

  unwritten(upTo: number): StoreEntries {
    const { committedLiveFromMs } = this.options.buckets
    const end = this.#endOf(upTo)
    const places: number[] = []
    for (let place = Math.max(this.#log.head, this.#writtenEnd); place < end; place++)
      if (this.#log.first(place) >= committedLiveFromMs) places.push(place)
    return new PlacedEntries(this.#log, places)
  }

  written(upTo: number): void {
    this.#writtenEnd = this.#endOf(upTo)
    this.#unwritten = this.#unwritten.filter(({ number }) => number > upTo)
    this.#makeRoom()
  }

  failed(generation: number): void {
    this.#release(generation)
    this.#log.truncate(this.#sealed.at(-1)?.end ?? this.#committedEnd)
    this.#open++
  }

  /** What was put in this generation and later ones will not be committed. */
  #release(from: number): void {
    const gone = this.#sealed.filter(({ number }) => number >= from)
    const goneBytes = gone.reduce((sum, { bytes }) => sum + bytes, this.#openBytes)
    this.options.cleanBudget.uncommitted(-goneBytes)
    this.#openBytes = 0
    this.#sealed = this.#sealed.filter(({ number }) => number < from)
  }

  /** Change-log records as engine entries, without what has expired. */
  restored(records: RestoreRecords): StoreEntries {
    this.#log.clear()
    this.#beginAtTail()
    this.#completeFrom = undefined
    return this.#restore.entries(records)
  }

  /** Forgets what has expired for good. */
  expire(beforeMs: number): void {
    const log = this.#log
    while (log.head < this.#committedEnd && log.first(log.head) < beforeMs) log.removeFirst()
  }

  close(): void {
    this.#release(0)
    this.#log.clear()
  }

  #endOf(generation: number): number {
    return this.#unwritten.findLast(({ number }) => number <= generation)?.end ?? this.#writtenEnd
  }

  #encode(entry: KeyedLogEntry, value: unknown, timestampMs: number): void {
    const { coding, values, name } = this.options
    if (this.#chunk.length >= chunkBytes - 256) this.#chunk = new ByteWriter(chunkBytes)
    const writer = this.#chunk
    entry.start = writer.length
    try {
      coding.writeKey(entry, writer)
      entry.keyEnd = writer.length
      values.write(value, timestampMs, writer)
    } catch (error) {
      writer.length = entry.start
      throw addDetail(toStreamError(error), `It was written to store "${name}".`)
    }
    // Where the writer has grown, older entries keep the buffer that they were written to.
    entry.bytes = writer.buffer
    entry.end = writer.length
  }

  #append({ bytes, start, keyEnd, end }: KeyedLogEntry, timestampMs: number): void {
    const { changeLog, coding, values } = this.options
    if (changeLog === undefined) return
    const change = this.#change
    change.bytes = bytes
    change.keyStart = start + coding.prefixBytes
    change.keyEnd = keyEnd
    change.valueStart = keyEnd + values.prefixBytes
    change.valueEnd = end
    change.timestampMs = timestampMs
    changeLog.append(change)
  }

  #valueOf({ bytes, keyEnd, end }: KeyedLogEntry): unknown {
    return this.options.values.readAt(bytes, keyEnd, end)
  }

  #timestampOf({ bytes, keyEnd }: KeyedLogEntry): number | undefined {
    return this.#isTimestamped ? readTimestamp(bytes, keyEnd) : undefined
  }

  /** From which time on the log has everything. */
  #complete(): number {
    return (this.#completeFrom ??= this.#load())
  }

  /** Reads what is live, bucket by bucket from the newest one on, and gives from when on that is everything. */
  #load(): number {
    const { coding, buckets, time, cleanEntriesMax } = this.options
    const room = Math.min(loadedMax, cleanEntriesMax)
    let complete = time.committedMs + 1
    const entries: KeyedLogEntry[] = []
    for (let bucket = coding.bucketOf(time.committedMs); bucket >= buckets.oldest && complete > 0; bucket--) {
      const found = entries.length < room ? this.#readBucket(bucket, room - entries.length) : undefined
      if (found === undefined) break
      for (const entry of found.entries) entries.push(entry)
      complete = found.completeFromMs ?? buckets.startOf(bucket)
      if (found.completeFromMs !== undefined) break
    }
    entries.sort((left, right) => left.first - right.first || left.second - right.second)
    for (const entry of entries) this.#log.add(entry)
    this.#beginAtTail()
    return complete
  }

  /** The engine has all that stands in the log. Generations under way hold nothing: what is put comes behind it. */
  #beginAtTail(): void {
    const end = this.#log.tail
    const moved = (generation: Generation): Generation => ({ ...generation, end })
    this.#sealed = this.#sealed.map(moved)
    this.#unwritten = this.#unwritten.map(moved)
    this.#committedEnd = end
    this.#writtenEnd = end
  }

  /** The newest entries of a bucket, where keys stand in the order of their bytes; undefined where there are too many to look through. */
  #readBucket(bucket: number, max: number): ReturnType<NewestEntries['take']> | undefined {
    const { engine, engineReads, coding } = this.options
    engineReads.value++
    const newest = new NewestEntries(max)
    let count = 0
    for (const { key, value } of engine.range(bucketPrefix(bucket), bucketPrefix(bucket + 1))) {
      if (++count > lookedThroughMax) return undefined
      if (newest.wants(coding.first(key))) newest.add(this.#entryOf(key, value))
    }
    return newest.take()
  }

  #entryOf(key: Buffer, value: Buffer): KeyedLogEntry {
    const { coding } = this.options
    return {
      identity: coding.keys.fromBytes(coding.keyPart(key)),
      first: coding.first(key),
      second: coding.second(key),
      bytes: Buffer.concat([key, value]),
      start: 0,
      keyEnd: key.length,
      end: key.length + value.length,
    }
  }

  /** As {@link Duplicates.visit} where the engine must be asked, too. */
  #visitAll(key: StoreKeyIdentity, { fromMs, toMs }: TimeRange, visit: DuplicateVisitor): void {
    const { engine, engineReads, coding } = this.options
    engineReads.value++
    const entries = this.#log.find(key, fromMs, toMs).map((place) => this.#log.read(place, emptyEntry()))
    const known = new Set(entries.map(({ first, second }) => `${first} ${second}`))
    const end = Math.min(this.#complete(), toMs + 1)
    for (let bucket = coding.bucketOf(fromMs); bucket <= coding.bucketOf(end - 1); bucket++) {
      const bounds = coding.bounds({ identity: key }, bucket, { from: fromMs, end })
      for (const entry of engine.range(bounds.from, bounds.to)) {
        const isKnown = known.has(`${coding.first(entry.key)} ${coding.second(entry.key)}`)
        if (entry.key.length === bounds.keyBytes && !isKnown)
          entries.push(this.#entryOf(entry.key, entry.value))
      }
    }
    entries.sort((left, right) => left.first - right.first || left.second - right.second)
    for (const entry of entries) visit(this.#valueOf(entry), entry.first, this.#timestampOf(entry))
  }

  /** Lets the oldest go that the engine has. */
  #makeRoom(): void {
    const log = this.#log
    const { cleanEntriesMax } = this.options
    while (
      log.head < this.#writtenEnd &&
      (log.tail - log.head > cleanEntriesMax || log.sizeBytes > bytesMax)
    ) {
      this.#completeFrom = Math.max(this.#complete(), log.first(log.head) + 1)
      log.removeFirst()
    }
  }
}

/** Entries of a log at some places. */
class PlacedEntries implements StoreEntries {
  readonly length: number
  readonly #log: KeyedLog
  readonly #places: readonly number[]
  readonly #entry = emptyEntry()

  constructor(log: KeyedLog, places: readonly number[]) {
    this.length = places.length
    this.#log = log
    this.#places = places
  }

  at(index: number): StoreEntry | undefined {
    const place = this.#places[index]
    return place === undefined ? undefined : found(this.#log.read(place, this.#entry))
  }

  *[Symbol.iterator](): Generator<StoreEntry> {
    for (let index = 0; index < this.length; index++) yield this.at(index) as StoreEntry
  }
}

function found({ bytes, start, keyEnd, end }: KeyedLogEntry): FoundEntry {
  return { key: bytes.subarray(start, keyEnd), value: bytes.subarray(keyEnd, end) }
}

function emptyEntry(): KeyedLogEntry {
  return { identity: '', first: 0, second: 0, bytes: Buffer.alloc(0), start: 0, keyEnd: 0, end: 0 }
}
