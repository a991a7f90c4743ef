import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A folder that this process alone uses, until it lets go or ends, however it ends. */
export interface FolderLock {
  release(): void
}

/** A process that was killed is away a moment later, on a busy machine some; whatever watches over it starts the next one at once. */
const formerSelfMs = 5000
/** SQLite's code for a lock that someone else has. */
const busyCode = 5

/**
 * Locks a folder, which is there, against other processes and against others in this one.
 *
 * By SQLite's exclusive lock, for want of a file lock in Node: the system lets go of it when the process dies, so there is no stale
 * lock to be told from a live one. One that is held is waited for, standing still, as long as a killed process may need to go.
 *
 * @param onWait - told before that, once
 * @returns why it cannot be locked, where it cannot
 */
export function lockFolder(
  folder: string,
  onWait: (waitMs: number) => void = () => {},
): FolderLock | { readonly refused: unknown } {
  try {
    const database = new DatabaseSync(join(folder, 'lock'), { timeout: 0 })
    try {
      lockWaiting(database, onWait)
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

function lockWaiting(database: DatabaseSync, onWait: (waitMs: number) => void): void {
  const lock = 'PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE'
  try {
    database.exec(lock)
  } catch (error) {
    if (!isBusy(error)) throw error
    onWait(formerSelfMs)
    database.exec(`PRAGMA busy_timeout = ${formerSelfMs}`)
    database.exec(lock)
  }
}

/** Whether a folder was not locked because somebody else has it. */
export function isBusy(refused: unknown): boolean {
  return refused instanceof Error && 'errcode' in refused && refused.errcode === busyCode
}
