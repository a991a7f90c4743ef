import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { OrderedStore, StorePlace } from '../contracts.ts'
import { SqliteStore } from './sqlite-store.ts'

const suffix = '.sqlite'
/** SQLite keeps its log and its index beside a file. */
const companions = ['', '-wal', '-shm'] as const

/** Stores in files of their own, `<task>/<store>.sqlite`, whose caches share a budget. */
export class SqliteEngines {
  readonly handle = undefined
  readonly #folder: string
  readonly #budgetBytes: number
  readonly #open = new Set<SqliteStore>()

  constructor(folder: string, budgetBytes: number) {
    this.#folder = folder
    this.#budgetBytes = budgetBytes
  }

  /** What the caches may hold: SQLite says for no one of them how much it does. */
  get memoryBytes(): number {
    return this.#open.size === 0 ? 0 : this.#budgetBytes
  }

  open(place: StorePlace, closed: () => void): OrderedStore {
    const store = new SqliteStore(this.#pathOf(place), () => {
      this.#open.delete(store)
      this.#divide()
      closed()
    })
    this.#open.add(store)
    this.#divide()
    return store
  }

  drop(place: StorePlace): void {
    for (const companion of companions) rmSync(`${this.#pathOf(place)}${companion}`, { force: true })
  }

  places(): StorePlace[] {
    return list(this.#folder).flatMap((task) =>
      list(join(this.#folder, task))
        .filter((file) => file.endsWith(suffix))
        .map((file) => ({ task, store: decodeURIComponent(file.slice(0, -suffix.length)) })),
    )
  }

  async close(): Promise<void> {
    for (const store of this.#open) store.close()
  }

  #pathOf({ task, store }: StorePlace): string {
    return join(this.#folder, task, `${encodeURIComponent(store)}${suffix}`)
  }

  #divide(): void {
    for (const store of this.#open) store.limitCache(this.#budgetBytes / this.#open.size)
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
