import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A folder that this process alone uses, until it lets go or ends, however it ends. */
export interface FolderLock {
  release(): void
}

/**
 * Locks a folder, which is there, against other processes and against others in this one.
 *
 * By SQLite's exclusive lock, for want of a file lock in Node: the system lets go of it when the process dies, so there is no stale
 * lock to be told from a live one.
 *
 * @returns why it cannot be locked, where it cannot
 */
export function lockFolder(folder: string): FolderLock | { readonly refused: unknown } {
  try {
    const database = new DatabaseSync(join(folder, 'lock'))
    try {
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
      return {
        release: () => {
          if (database.isOpen) database.close()
        },
      }
    } catch (refused) {
      database.close()
      return { refused }
    }
  } catch (refused) {
    return { refused }
  }
}
