import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A folder that this process alone uses, until it lets go or ends, however it ends. */
export interface FolderLock {
  release(): void
}

/** A process that was killed is away a moment later, and whatever watches over it starts the next one at once. */
const formerSelfMs = 2000

/**
 * Locks a folder, which is there, against other processes and against others in this one.
 *
 * By SQLite's exclusive lock, for want of a file lock in Node: the system lets go of it when the process dies, so there is no stale
 * lock to be told from a live one. One that is held is waited for, standing still, as long as a killed process may need to go.
 *
 * @returns why it cannot be locked, where it cannot
 */
export function lockFolder(folder: string): FolderLock | { readonly refused: unknown } {
  try {
    const database = new DatabaseSync(join(folder, 'lock'), { timeout: formerSelfMs })
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
