/**
 * Where a process keeps the stores of an application that are to survive it: RocksDB where its binary is there, SQLite, which is part of Node,
 * where it is not. What is not asked to survive is in memory, and so is everything when `memory` is chosen.
 */
import { join } from 'node:path'
import { StreamError } from '../base/errors.ts'
import type { OrderedStore, StateEngines, StorePlace } from './contracts.ts'
import { RocksEngines } from './rocksdb/rocks-engines.ts'
import { SqliteEngines } from './sqlite/sqlite-engines.ts'
import { StoreLocks } from './store-locks.ts'

export const engineKinds = ['rocksdb', 'sqlite'] as const
export type EngineKind = (typeof engineKinds)[number]
export type EngineChoice = 'auto' | 'memory' | EngineKind

export interface EngineSettings {
  readonly kind: EngineKind
  /** Of one application; is made. */
  readonly folder: string
  /** For all its stores together, memory outside the JavaScript heap included. */
  readonly budgetBytes: number
}

/** What a worker thread needs to reach its process's engines. Cloneable. */
export interface SharedEngines extends EngineSettings {
  readonly locks: SharedArrayBuffer
  /** Of the database that the process has open. */
  readonly handle: bigint | undefined
}

/** Engines of one kind in one folder. */
export interface EngineRoom {
  /** @param closed - called when the store is closed */
  open(place: StorePlace, closed: () => void): OrderedStore
  drop(place: StorePlace): void
  /** The stores that are there. */
  places(): StorePlace[]
  /** Memory outside the JavaScript heap. */
  readonly memoryBytes: number
  /** What other threads of the process open it by. */
  readonly handle: bigint | undefined
  close(): Promise<void>
}

/** Picks an engine for this machine. @throws StreamError `STORE_DRIVER_MISSING` where what is asked for is not there */
export function chooseEngine(choice: 'auto' | EngineKind): {
  readonly kind: EngineKind
  readonly why: string
} {
  if (choice !== 'auto') {
    if (choice === 'rocksdb') RocksEngines.check()
    return { kind: choice, why: 'it is asked for' }
  }
  try {
    RocksEngines.check()
    return { kind: 'rocksdb', why: 'its binary is there for this machine' }
  } catch (error) {
    if (!(error instanceof StreamError) || error.code !== 'STORE_DRIVER_MISSING') throw error
    return { kind: 'sqlite', why: `RocksDB is not there: ${error.detail ?? error.message}` }
  }
}

/** The engines of one application in one process. */
export class ProcessEngines {
  readonly settings: EngineSettings
  readonly #room: EngineRoom
  readonly #locks: StoreLocks

  private constructor(settings: EngineSettings, room: EngineRoom, locks: StoreLocks) {
    this.settings = settings
    this.#room = room
    this.#locks = locks
  }

  /** @throws StreamError `STORE_DRIVER_MISSING`, `STATE_LOCKED`, `STORE_CORRUPT`, `STORE_UNWRITABLE`, `STORE_FULL` */
  static async open(settings: EngineSettings): Promise<ProcessEngines> {
    const folder = join(settings.folder, settings.kind)
    const room =
      settings.kind === 'rocksdb'
        ? await RocksEngines.open({ folder, budgetBytes: settings.budgetBytes })
        : new SqliteEngines(folder, settings.budgetBytes)
    return new ProcessEngines(settings, room, new StoreLocks())
  }

  /** In another thread of a process that has them open. */
  static attach({ kind, folder, budgetBytes, locks, handle }: SharedEngines): ProcessEngines {
    const own = join(folder, kind)
    const room = handle === undefined ? new SqliteEngines(own, budgetBytes) : RocksEngines.attach(own, handle)
    return new ProcessEngines({ kind, folder, budgetBytes }, room, new StoreLocks(locks))
  }

  get memoryBytes(): number {
    return this.#room.memoryBytes
  }

  /** For {@link ProcessEngines.attach}. These must stay open for as long as any thread uses them. */
  get shared(): SharedEngines {
    return { ...this.settings, locks: this.#locks.shared, handle: this.#room.handle }
  }

  places(): StorePlace[] {
    return this.#room.places()
  }

  /**
   * As one life of a stream thread uses them. The life before it has ended: what it left open is let go, since the task may be another
   * thread's now.
   *
   * @param thread - its number, the same for all its lives
   */
  forThread(thread: number): StateEngines {
    this.release(thread)
    return {
      open: (place) => {
        this.#locks.claim(place, thread)
        try {
          return this.#room.open(place, () => this.#locks.release(place, thread))
        } catch (error) {
          this.#locks.release(place, thread)
          throw error
        }
      },
      drop: (place) => this.#room.drop(place),
    }
  }

  /** Lets go of what a thread whose life has ended has left open. */
  release(thread: number): void {
    this.#locks.releaseAll(thread)
  }

  /** Whether a stream thread has it open. */
  isOpen(place: StorePlace): boolean {
    return this.#locks.isClaimed(place)
  }

  /**
   * Deletes a store unless a thread has it open; none can open it meanwhile.
   *
   * @param owner - a number that no thread has
   * @returns whether it is gone
   */
  dropUnused(place: StorePlace, owner: number): boolean {
    if (!this.#locks.tryClaim(place, owner)) return false
    try {
      this.#room.drop(place)
      return true
    } finally {
      this.#locks.release(place, owner)
    }
  }

  async close(): Promise<void> {
    await this.#room.close()
  }
}
