/**
 * The folder of a broker that keeps its records on disk:
 *
 *     format           the version of this layout
 *     lock             held by the process that uses it
 *     state/           what the broker knows beside records, a log
 *     topics/NAME/ID/PARTITION/OFFSET.log
 *
 * Nothing else in it is ours; whatever else stands under `topics` is what a deleted topic left, and goes.
 */
import { join, resolve } from 'node:path'
import { StreamError } from '../../base/errors.ts'
import { isBusy, lockFolder, type FolderLock } from '../../base/folder-lock.ts'
import type { Disk } from './disk.ts'
import { FileStorage } from './file-bytes.ts'
import type { LogStorage } from './segment-bytes.ts'

const formatNow = 'weft-broker 2\n'
const formatFile = 'format'
const topicsFolder = 'topics'
/** Longer than any version's mark. */
const formatBytesMax = 100

export class DataFolder {
  readonly #disk: Disk
  readonly #path: string
  readonly #lock: FolderLock

  /** @throws StreamError `DATA_FOLDER_LOCKED`, `DATA_FOLDER_VERSION`, `DATA_FOLDER_UNUSABLE`, `DISK_FULL` */
  constructor(path: string, disk: Disk) {
    this.#path = path
    this.#disk = disk
    disk.makeFolder(path)
    this.#refuseForeign()
    this.#lock = lockOrThrow(path)
    try {
      this.#checkFormat()
    } catch (error) {
      this.#lock.release()
      throw error
    }
  }

  get stateStorage(): LogStorage {
    return new FileStorage(this.#disk, join(this.#path, 'state'))
  }

  partitionStorage(topic: TopicIdentity, partition: number): LogStorage {
    return new FileStorage(
      this.#disk,
      join(this.#path, topicsFolder, topic.name, topic.id, String(partition)),
    )
  }

  deleteTopic({ name, id }: TopicIdentity): void {
    this.#disk.removeFolder(join(this.#path, topicsFolder, name, id))
  }

  /** Deletes what stands there of topics that are no more. */
  keepOnly(topics: readonly TopicIdentity[]): void {
    const known = new Set(topics.map(({ id }) => id))
    for (const name of this.#disk.list(join(this.#path, topicsFolder)))
      for (const id of this.#disk.list(join(this.#path, topicsFolder, name)))
        if (!known.has(id)) this.deleteTopic({ name, id })
  }

  room(): { readonly name: string; readonly totalBytes: number; readonly usableBytes: number } {
    return { name: resolve(this.#path), ...this.#disk.room(this.#path) }
  }

  release(): void {
    this.#lock.release()
  }

  /** Before anything is put into it: a folder without a format may be empty but for what a first start made that died. */
  #refuseForeign(): void {
    const names = this.#disk.list(this.#path)
    const foreign = names.find((name) => !ownNames.has(name))
    if (foreign === undefined || names.includes(formatFile)) return
    throw new StreamError('DATA_FOLDER_VERSION', `data folder "${this.#path}" holds something else`, {
      detail: `It has ${JSON.stringify(foreign)} in it, and no format of a broker.`,
      hint: 'Give an empty folder, or one that does not exist yet.',
    })
  }

  #checkFormat(): void {
    const file = this.#disk.open(join(this.#path, formatFile))
    try {
      const sizeBytes = file.sizeBytes()
      const found = Buffer.alloc(Math.min(sizeBytes, formatBytesMax))
      file.read(0, found)
      if (found.toString() === formatNow) return
      const others = this.#disk.list(this.#path).filter((name) => !ownNames.has(name))
      // A first start may have died in the middle of it.
      if (!formatNow.startsWith(found.toString()) || others.length > 0)
        throw this.#otherVersion(found.toString())
      file.write(0, Buffer.from(formatNow))
      file.sync()
    } finally {
      file.close()
    }
  }

  #otherVersion(found: string): StreamError {
    const what = found === '' ? 'no format' : `format ${JSON.stringify(found.trim())}`
    return new StreamError('DATA_FOLDER_VERSION', `data folder "${this.#path}" is of another version`, {
      detail: `It has ${what}, and this broker reads and writes ${JSON.stringify(formatNow.trim())}.`,
      hint: 'Use the version of Weft that made the folder, or give this one an empty folder.',
    })
  }
}

export interface TopicIdentity {
  readonly name: string
  readonly id: string
}

const ownNames = new Set([formatFile, 'lock', 'lock-journal'])

function lockOrThrow(path: string): FolderLock {
  const lock = lockFolder(path)
  if ('release' in lock) return lock
  const { refused } = lock
  if (isBusy(refused))
    throw new StreamError('DATA_FOLDER_LOCKED', `data folder "${path}" is in use by another broker`, {
      hint: 'Stop the other broker, or give this one a data folder of its own.',
      cause: refused,
    })
  throw new StreamError('DATA_FOLDER_UNUSABLE', `could not lock data folder "${path}"`, {
    detail: refused instanceof Error ? `The system says: ${refused.message}.` : 'The system refuses.',
    hint: 'Give a data folder on a healthy disk that this user may read and write.',
    cause: refused,
  })
}
