import { StreamError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type {
  ChangeLogPosition,
  OrderedStore,
  StateEngines,
  StoreBatch,
  StorePlace,
} from '../store/contracts.ts'

/** What stands in one store's files. Keys are their bytes as latin1 text, which sorts as the bytes do. */
export interface DiskContent {
  readonly entries: ReadonlyMap<string, Buffer>
  readonly position: ChangeLogPosition | undefined
}

/** Who uses a disk, and may die in the middle of it. */
export interface DiskUser {
  readonly dead: boolean
  step(step: string, detail: string): void
}

/** How often the system writes what it holds to the platter after a write, unasked. */
const syncProbability = 0.2

/**
 * The disk of one process, which outlives it. A write is atomic and is seen at once, but it is safe only once it is synced: when the
 * power fails, each store keeps some first part of its unsynced writes.
 */
export class SimulatedDisk {
  readonly #random: Random
  readonly #files = new Map<string, StoreFile>()

  constructor(random: Random) {
    this.#random = random
  }

  /** The disk as one life of its process sees it. What a dead process writes comes nowhere. */
  mount(user: DiskUser): StateEngines {
    for (const file of this.#files.values()) file.open = false
    return {
      open: (place) => {
        const name = nameOf(place)
        const file = this.#files.get(name) ?? new StoreFile()
        this.#files.set(name, file)
        if (file.open) {
          throw new StreamError(
            'STORE_IN_USE',
            `store "${place.store}" of task ${place.task} is open already`,
          )
        }
        file.open = true
        return new SimulatedEngine(file, { place, user, synced: () => this.#random.next() < syncProbability })
      },
      drop: (place) => {
        if (!user.dead) this.#files.delete(nameOf(place))
      },
    }
  }

  /** Ends the power: every store is left with some first part of what was not safe yet. */
  failPower(): void {
    for (const file of this.#files.values()) file.keepFirst(this.#random)
  }

  /** Everything is lost. */
  erase(): void {
    this.#files.clear()
  }

  /** What stands there now, by task and store. */
  contents(): { readonly place: StorePlace; readonly content: DiskContent }[] {
    return [...this.#files].map(([name, file]) => ({ place: placeOf(name), content: file.content() }))
  }
}

class StoreFile {
  open = false
  #entries = new Map<string, Buffer>()
  #position: ChangeLogPosition | undefined = undefined
  /** What a power failure leaves at least, and the writes since. */
  #safe: DiskContent = { entries: new Map(), position: undefined }
  #unsynced: StoreBatch[] = []

  get entries(): ReadonlyMap<string, Buffer> {
    return this.#entries
  }

  get position(): ChangeLogPosition | undefined {
    return this.#position
  }

  write(batch: StoreBatch): void {
    const copy = {
      entries: Array.from(batch.entries, ({ key, value }) => ({
        key: Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
      })),
      position: batch.position ?? this.#position,
    }
    this.#apply(copy)
    this.#unsynced.push(copy)
  }

  sync(): void {
    if (this.#unsynced.length === 0) return
    this.#safe = this.content()
    this.#unsynced = []
  }

  keepFirst(random: Random): void {
    const kept = this.#unsynced.slice(0, random.below(this.#unsynced.length + 1))
    this.#entries = new Map(this.#safe.entries)
    this.#position = this.#safe.position
    for (const batch of kept) this.#apply(batch)
    this.#unsynced = kept
    this.sync()
  }

  content(): DiskContent {
    return { entries: new Map(this.#entries), position: this.#position }
  }

  #apply({ entries, position }: StoreBatch): void {
    for (const { key, value } of entries) {
      if (value === null) this.#entries.delete(key.toString('latin1'))
      else this.#entries.set(key.toString('latin1'), value)
    }
    this.#position = position
  }
}

interface EngineSurroundings {
  readonly place: StorePlace
  readonly user: DiskUser
  readonly synced: () => boolean
}

class SimulatedEngine implements OrderedStore {
  readonly #file: StoreFile
  readonly #surroundings: EngineSurroundings

  constructor(file: StoreFile, surroundings: EngineSurroundings) {
    this.#file = file
    this.#surroundings = surroundings
  }

  get sizeBytes(): number {
    let sizeBytes = 0
    for (const [key, value] of this.#file.entries) sizeBytes += key.length + value.length
    return sizeBytes
  }

  get entryCount(): number {
    return this.#file.entries.size
  }

  get(key: Buffer): Buffer | undefined {
    return this.#file.entries.get(key.toString('latin1'))
  }

  write(batch: StoreBatch): void {
    const { user, place, synced } = this.#surroundings
    user.step('write store', `${place.store} of ${place.task}`)
    if (user.dead) return
    this.#file.write(batch)
    if (synced()) this.#file.sync()
    user.step('wrote store', `${place.store} of ${place.task}`)
  }

  position(): ChangeLogPosition | undefined {
    return this.#file.position
  }

  *range(
    from: Buffer | undefined,
    to: Buffer | undefined,
    options: { readonly reverse?: boolean } = {},
  ): Generator<{ readonly key: Buffer; readonly value: Buffer }> {
    const [first, last] = [from?.toString('latin1') ?? '', to?.toString('latin1')]
    const keys = [...this.#file.entries.keys()].filter(
      (key) => key >= first && (last === undefined || key < last),
    )
    keys.sort()
    if (options.reverse === true) keys.reverse()
    for (const key of keys) {
      const value = this.#file.entries.get(key)
      if (value !== undefined) yield { key: Buffer.from(key, 'latin1'), value }
    }
  }

  drop(from: Buffer | undefined, to: Buffer): void {
    if (this.#surroundings.user.dead) return
    const entries = [...this.range(from, to)].map(({ key }) => ({ key, value: null }))
    this.#file.write({ entries, position: undefined })
  }

  close(): void {
    const { user } = this.#surroundings
    if (user.dead) return
    this.#file.sync()
    this.#file.open = false
  }
}

function nameOf({ task, store }: StorePlace): string {
  return `${task}/${store}`
}

function placeOf(name: string): StorePlace {
  const slash = name.indexOf('/')
  return { task: name.slice(0, slash), store: name.slice(slash + 1) }
}
