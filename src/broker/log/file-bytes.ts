import { join } from 'node:path'
import type { Disk, DiskFile } from './disk.ts'
import type { LogStorage, SegmentBytes, StoredSegment } from './segment-bytes.ts'

const segmentName = /^(\d{20})\.log$/
const draftEnding = '.draft'
/** What is read to look at headers: one call to the system for several batches. */
const peekBytes = 16_384

/** One partition's folder: a file for each segment, named by its base offset, as in Kafka. */
export class FileStorage implements LogStorage {
  readonly segmentBytesMax = Number.MAX_SAFE_INTEGER
  readonly #disk: Disk
  readonly #folder: string

  constructor(disk: Disk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  hasRoom(): boolean {
    return true
  }

  stored(): StoredSegment[] {
    this.#disk.makeFolder(this.#folder)
    const segments: StoredSegment[] = []
    for (const file of this.#disk.list(this.#folder).toSorted()) {
      const [, digits] = segmentName.exec(file) ?? []
      const name = join(this.#folder, file)
      if (digits !== undefined)
        segments.push({ baseOffset: Number(digits), bytes: new FileBytes(this.#disk, name), name })
      else if (file.endsWith(draftEnding)) this.#disk.remove(name)
    }
    return segments
  }

  create(baseOffset: number): SegmentBytes {
    return new FileBytes(this.#disk, this.#pathOf(baseOffset))
  }

  draft(baseOffset: number): SegmentBytes {
    const path = this.#pathOf(baseOffset) + draftEnding
    this.#disk.remove(path)
    return new FileBytes(this.#disk, path)
  }

  replace(old: SegmentBytes, draft: SegmentBytes): void {
    // All segments of this storage are files.
    const [before, made] = [old as FileBytes, draft as FileBytes]
    before.close()
    made.takePlaceOf(before.path)
  }

  deleteAll(): void {
    this.#disk.removeFolder(this.#folder)
  }

  #pathOf(baseOffset: number): string {
    return join(this.#folder, `${String(baseOffset).padStart(20, '0')}.log`)
  }
}

/** One file. Bytes that are read are the caller's own. */
class FileBytes implements SegmentBytes {
  path: string
  readonly #disk: Disk
  #file: DiskFile
  #sizeBytes: number
  /** Part of a batch that could not be written may stand behind the end. */
  #dirtyTail = false

  constructor(disk: Disk, path: string) {
    this.path = path
    this.#disk = disk
    this.#file = disk.open(path)
    this.#sizeBytes = this.#file.sizeBytes()
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  append(bytes: Buffer, synced: boolean): void {
    if (this.#dirtyTail) this.truncate(this.#sizeBytes)
    try {
      this.#file.write(this.#sizeBytes, bytes)
      if (synced) this.#file.sync()
    } catch (error) {
      this.#dirtyTail = true
      this.#tryDropTail()
      throw error
    }
    this.#sizeBytes += bytes.length
  }

  read(start: number, end: number): Buffer {
    const into = Buffer.allocUnsafeSlow(end - start)
    this.#file.read(start, into)
    return into
  }

  peek(start: number, leastBytes: number): Buffer {
    return this.read(start, Math.min(this.#sizeBytes, start + Math.max(leastBytes, peekBytes)))
  }

  truncate(sizeBytes: number): void {
    this.#file.truncate(sizeBytes)
    this.#sizeBytes = sizeBytes
    this.#dirtyTail = false
  }

  sync(): void {
    this.#file.sync()
  }

  close(): void {
    this.#file.close()
  }

  delete(): void {
    this.#file.close()
    this.#disk.remove(this.path)
  }

  takePlaceOf(path: string): void {
    this.#file.sync()
    this.#file.close()
    this.#disk.rename(this.path, path)
    this.path = path
    this.#file = this.#disk.open(path)
  }

  /** Where even cutting fails, nothing is added until it works; a restart cuts what is there, too. */
  #tryDropTail(): void {
    try {
      this.truncate(this.#sizeBytes)
    } catch {
      // What made the write fail is what the caller hears of.
    }
  }
}
