import type { ErrorCode } from '../../base/errors.ts'

/** What a disk may say while a broker runs; clients are told KAFKA_STORAGE_ERROR, and try again. */
export const diskCodes: ReadonlySet<ErrorCode> = new Set(['DISK_FULL', 'DATA_FOLDER_UNUSABLE'])

/**
 * What the broker asks of a disk. The real one is `node-disk.ts`; tests put one before it that is full, or that dies at a byte.
 *
 * Every method throws StreamError `DISK_FULL` where there is no room, and `DATA_FOLDER_UNUSABLE` where the system refuses.
 * They return when the operating system has the bytes: a killed process loses nothing that was written, a power failure may
 * lose what was not synced.
 */
export interface Disk {
  /** Of the volume that a folder is on. */
  room(folder: string): { readonly totalBytes: number; readonly usableBytes: number }
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): string[]
  makeFolder(folder: string): void
  /** Deletes a folder and what is in it; it need not exist. */
  removeFolder(folder: string): void
  /** Replaces `to` by `from` at once: after a crash there is either the one or the other. */
  rename(from: string, to: string): void
  remove(path: string): void
  /** The file, made where there is none. */
  open(path: string): DiskFile
}

export interface DiskFile {
  sizeBytes(): number
  /** Fills `into` from `position` on; the file is long enough. */
  read(position: number, into: Buffer): void
  write(position: number, bytes: Buffer): void
  truncate(sizeBytes: number): void
  /** Returns when the bytes would survive a power failure. */
  sync(): void
  /** Gives back what the system holds for the file; the next use opens it again. */
  close(): void
}
