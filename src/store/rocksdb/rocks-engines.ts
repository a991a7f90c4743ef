import type { OrderedStore, StorePlace } from '../contracts.ts'
import { loadBinding } from './rocks-binding.ts'
import { RocksDatabase, type RocksSettings } from './rocks-database.ts'
import { RocksStore } from './rocks-store.ts'

/** Stores that share one database. */
export class RocksEngines {
  readonly #database: RocksDatabase

  private constructor(database: RocksDatabase) {
    this.#database = database
  }

  /** @throws StreamError `STORE_DRIVER_MISSING` where this machine has no RocksDB */
  static check(): void {
    loadBinding()
  }

  static async open(settings: RocksSettings): Promise<RocksEngines> {
    return new RocksEngines(await RocksDatabase.open(settings))
  }

  static attach(folder: string, handle: bigint): RocksEngines {
    return new RocksEngines(RocksDatabase.attach(folder, handle))
  }

  get memoryBytes(): number {
    return this.#database.memoryBytes
  }

  get handle(): bigint {
    return this.#database.handle
  }

  open(place: StorePlace, closed: () => void): OrderedStore {
    return new RocksStore(this.#database, place, closed)
  }

  drop(place: StorePlace): void {
    this.#database.drop(place)
  }

  places(): StorePlace[] {
    return this.#database.places()
  }

  close(): Promise<void> {
    return this.#database.close()
  }
}
