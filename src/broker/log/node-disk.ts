import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { assert } from '../../base/assert.ts'
import { StreamError } from '../../base/errors.ts'
import { makeFolders } from '../../base/make-folders.ts'
import type { Disk, DiskFile } from './disk.ts'

const { O_CREAT, O_RDWR } = constants
const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/**
 * The file system of this machine. Calls are synchronous: they cost less than a turn of the event loop, since the system
 * takes and gives bytes from memory.
 */
export class NodeDisk implements Disk {
  readonly #openMax: number
  /** Files that hold a descriptor; the one used longest ago stands first. */
  readonly #open = new Set<NodeFile>()

  /** @param openMax - descriptors; beyond it, the file used longest ago gives its own back */
  constructor(openMax: number) {
    this.#openMax = openMax
  }

  room(folder: string): { totalBytes: number; usableBytes: number } {
    return attempt(folder, () => {
      const { bsize, blocks, bavail } = statfsSync(folder)
      return { totalBytes: bsize * blocks, usableBytes: bsize * bavail }
    })
  }

  list(folder: string): string[] {
    try {
      return readdirSync(folder)
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return []
      throw diskError(cause, folder)
    }
  }

  makeFolder(folder: string): void {
    attempt(folder, () => makeFolders(folder))
  }

  removeFolder(folder: string): void {
    attempt(folder, () => rmSync(folder, { recursive: true, force: true }))
  }

  rename(from: string, to: string): void {
    attempt(to, () => renameSync(from, to))
  }

  remove(path: string): void {
    attempt(path, () => rmSync(path, { force: true }))
  }

  open(path: string): DiskFile {
    return new NodeFile(path, (file) => this.#noteUse(file))
  }

  #noteUse(file: NodeFile): void {
    this.#open.delete(file)
    if (!file.holdsDescriptor) return
    this.#open.add(file)
    if (this.#open.size <= this.#openMax) return
    const { value } = this.#open.values().next()
    value?.close()
  }
}

class NodeFile implements DiskFile {
  readonly #path: string
  readonly #used: (file: NodeFile) => void
  #descriptor: number | undefined

  constructor(path: string, used: (file: NodeFile) => void) {
    this.#path = path
    this.#used = used
  }

  get holdsDescriptor(): boolean {
    return this.#descriptor !== undefined
  }

  sizeBytes(): number {
    return this.#with((descriptor) => fstatSync(descriptor).size)
  }

  read(position: number, into: Buffer): void {
    this.#with((descriptor) => {
      let done = 0
      while (done < into.length) {
        const bytes = readSync(descriptor, into, done, into.length - done, position + done)
        assert(bytes > 0, `"${this.#path}" ends before byte ${position + into.length}`)
        done += bytes
      }
    })
  }

  write(position: number, bytes: Buffer): void {
    this.#with((descriptor) => {
      let done = 0
      while (done < bytes.length)
        done += writeSync(descriptor, bytes, done, bytes.length - done, position + done)
    })
  }

  truncate(sizeBytes: number): void {
    this.#with((descriptor) => ftruncateSync(descriptor, sizeBytes))
  }

  sync(): void {
    this.#with((descriptor) => fdatasyncSync(descriptor))
  }

  close(): void {
    if (this.#descriptor === undefined) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
    this.#used(this)
  }

  #with<T>(work: (descriptor: number) => T): T {
    try {
      this.#descriptor ??= openSync(this.#path, O_RDWR | O_CREAT, 0o644)
      this.#used(this)
      return work(this.#descriptor)
    } catch (cause) {
      throw diskError(cause, this.#path)
    }
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw diskError(cause, path)
  }
}

function diskError(cause: unknown, path: string): unknown {
  const code = codeOf(cause)
  if (code === undefined) return cause
  if (fullCodes.has(code))
    return new StreamError('DISK_FULL', `no room left to write "${path}"`, {
      detail: `The system says ${code}.`,
      hint: 'Make room on the disk, or shorten the retention of topics.',
      cause,
    })
  return new StreamError('DATA_FOLDER_UNUSABLE', `could not use "${path}"`, {
    detail: `The system says ${code}.`,
    hint: 'Give a data folder on a healthy disk that this user may read and write.',
    cause,
  })
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error &&
    'code' in cause &&
    typeof cause.code === 'string' &&
    /^E[A-Z]+$/.test(cause.code)
    ? cause.code
    : undefined
}
