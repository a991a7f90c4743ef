/**
 * A list of items that an operator keeps in memory, in an order of its own, made durable: the store notes what comes and goes, and is read
 * only when the operator starts.
 *
 * Model. A generation has the items that came and those that went. What came and went in the same one is nowhere; what has gone for good
 * before its generation is written to the engine was never there, and a restart reads from the change log that it came and went.
 */
import { assert } from '../base/assert.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import type { CleanBudget } from './clean-budget.ts'
import type {
  ChangeLogSink,
  EngineEntry,
  ListStore,
  OrderedStore,
  RestoreRecords,
  StoreEntries,
} from './contracts.ts'
import type { ListItem } from './list-item.ts'
import { emptyChange } from './logged-change.ts'
import type { GenerationSize } from './generation-size.ts'
import { PackedEntries } from './store-entries.ts'
import type { StoreFacts } from './store-facts.ts'
import { storedRecords } from './value-coding.ts'

interface Generation {
  readonly number: number
  readonly came: readonly ListItem[]
  readonly went: readonly ListItem[]
  /** In the change log. */
  readonly bytes: number
  /** As the budget has them. */
  readonly uncommittedBytes: number
}

/** The layer that a task's commits drive. */
export class ListJournal {
  readonly #changeLog: ChangeLogSink | undefined
  readonly #budget: Pick<CleanBudget, 'uncommitted'>
  #open = 1
  /** Of the values of what came and has not gone. */
  #openBytes = 0
  #came: ListItem[] = []
  #went: ListItem[] = []
  #sealed: Generation[] = []
  #unwritten: Generation[] = []
  #committedTo = 0
  readonly #writer = new ByteWriter()
  /** The same for every record. */
  readonly #change = emptyChange()

  constructor(changeLog: ChangeLogSink | undefined, budget: Pick<CleanBudget, 'uncommitted'>) {
    this.#changeLog = changeLog
    this.#budget = budget
  }

  get dirtyCount(): number {
    return this.#sealed.reduce((sum, sealed) => sum + countOf(sealed), this.#came.length + this.#went.length)
  }

  add(item: ListItem): void {
    item.cameIn = this.#open
    this.#came.push(item)
    this.#holds(this.#openBytes + item.valueBytes)
  }

  remove(item: ListItem): void {
    item.wentIn = this.#open
    if (item.cameIn !== this.#open) this.#went.push(item)
    else this.#holds(this.#openBytes - item.valueBytes)
  }

  seal(): number {
    const came = this.#came.filter(({ wentIn }) => wentIn === 0)
    const bytes = this.#log(this.#went, came)
    this.#sealed.push({
      number: this.#open,
      came,
      went: this.#went,
      bytes,
      uncommittedBytes: this.#openBytes,
    })
    this.#came = []
    this.#went = []
    this.#openBytes = 0
    return this.#open++
  }

  committed(generation: number): GenerationSize {
    const oldest = this.#sealed.shift()
    assert(oldest?.number === generation, `generation ${generation} is not the oldest sealed one`)
    this.#committedTo = generation
    this.#budget.uncommitted(-oldest.uncommittedBytes)
    const count = countOf(oldest)
    if (count > 0) this.#unwritten.push(oldest)
    return { count, bytes: oldest.bytes }
  }

  unwritten(upTo: number): StoreEntries {
    const due = this.#unwritten.filter(({ number }) => number <= upTo)
    const went = due.flatMap((generation) => generation.went.filter(({ isWritten }) => isWritten))
    const came = due.flatMap((generation) => generation.came.filter((item) => this.#isThere(item)))
    const items = [...went, ...came]
    const ends = new Float64Array(items.length * 2)
    const writer = this.#writer
    writer.reset()
    for (const [index, item] of items.entries()) {
      item.writeKey(writer)
      ends[index * 2] = writer.length
      if (index >= went.length) item.writeValue(writer)
      ends[index * 2 + 1] = writer.length
    }
    return new PackedEntries(writer.copy(), ends, (index) => index < went.length)
  }

  written(upTo: number): void {
    for (const { number, came } of this.#unwritten) {
      if (number <= upTo) for (const item of came) item.isWritten = this.#isThere(item)
    }
    this.#unwritten = this.#unwritten.filter(({ number }) => number > upTo)
  }

  bringsNothing(generation: number): boolean {
    const oldest = this.#unwritten.find(({ number }) => number === generation)
    if (oldest === undefined) return true
    const { came, went } = oldest
    return !came.some((item) => this.#isThere(item)) && !went.some(({ isWritten }) => isWritten)
  }

  failed(generation: number): void {
    const failed = this.#sealed.filter(({ number }) => number >= generation)
    for (const item of [...failed.flatMap(({ went }) => went), ...this.#went]) item.wentIn = 0
    for (const { uncommittedBytes } of failed) this.#budget.uncommitted(-uncommittedBytes)
    this.#holds(0)
    this.#sealed = this.#sealed.filter(({ number }) => number < generation)
    this.#came = []
    this.#went = []
    this.#open++
  }

  restored(records: RestoreRecords): StoreEntries {
    return storedRecords(records, false, this.#writer)
  }

  close(): void {
    this.failed(0)
    this.#unwritten = []
  }

  /** What the open generation has. */
  #holds(bytes: number): void {
    this.#budget.uncommitted(bytes - this.#openBytes)
    this.#openBytes = bytes
  }

  /** Whether an item has not gone for good. */
  #isThere({ wentIn }: ListItem): boolean {
    return wentIn === 0 || wentIn > this.#committedTo
  }

  /** What goes before what comes: an item may take the place of one with the same key. @returns how many bytes it is */
  #log(went: readonly ListItem[], came: readonly ListItem[]): number {
    let bytes = 0
    if (this.#changeLog === undefined) return bytes
    for (const item of went) bytes += this.#append(this.#changeLog, item, false)
    for (const item of came) bytes += this.#append(this.#changeLog, item, true)
    return bytes
  }

  #append(changeLog: ChangeLogSink, item: ListItem, isKept: boolean): number {
    const writer = this.#writer
    writer.reset()
    item.writeKey(writer)
    const change = this.#change
    change.keyEnd = writer.length
    change.valueStart = writer.length
    if (isKept) item.writeValue(writer)
    change.valueEnd = isKept ? writer.length : -1
    change.bytes = writer.buffer
    change.timestampMs = item.timestampMs
    changeLog.append(change)
    return writer.length
  }
}

interface JournalParts {
  readonly journal: ListJournal
  readonly engine: Pick<OrderedStore, 'range'>
  /** Brings to the engine all that is committed. */
  readonly flush: () => void
}

export class JournaledListStore implements ListStore {
  readonly kind = 'list'
  readonly name: string
  readonly persistent: boolean
  readonly #parts: JournalParts

  constructor(parts: JournalParts, facts: Pick<StoreFacts, 'name' | 'persistent'>) {
    this.name = facts.name
    this.persistent = facts.persistent
    this.#parts = parts
  }

  add(item: ListItem): void {
    this.#parts.journal.add(item)
  }

  remove(item: ListItem): void {
    this.#parts.journal.remove(item)
  }

  all(): Iterable<EngineEntry> {
    this.#parts.flush()
    return this.#parts.engine.range(undefined, undefined)
  }
}

function countOf({ came, went }: Generation): number {
  return came.length + went.length
}
