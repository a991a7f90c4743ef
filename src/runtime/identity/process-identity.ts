import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, fstatSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { StreamError, toStreamError } from '../../base/errors.ts'
import { makeFolders } from '../../base/make-folders.ts'
import { isBusy, lockFolder, type FolderLock } from '../../base/folder-lock.ts'
import type { IdentityOptions } from '../options.ts'

/** Who this process is for the cluster. Held until it is released or the process ends, however it ends. */
export interface ProcessIdentity {
  readonly processId: string
  /**
   * Whether the folder is a copy of the one that the id was made in: a process may be running there, whatever the lock here says. Also
   * true where that cannot be told: on file systems that number their files anew.
   */
  readonly isCopy: boolean
  release(): void
}

/**
 * Reads or makes the process id of an application in its state folder, and locks the folder.
 *
 * Group members and transactional ids are named after it: a process that comes back takes the place of its former self at once
 * instead of waiting for its session and its transaction to time out.
 *
 * @param onWait - told where the folder is in use, before it is waited for, standing still
 * @throws StreamError `STATE_LOCKED` when another process has the folder; `STORE_UNWRITABLE` when it cannot be used
 */
export function openIdentity(
  options: IdentityOptions,
  applicationId: string,
  onWait?: (waitMs: number) => void,
): ProcessIdentity {
  if (options.kind === 'fixed') return { processId: options.processId, isCopy: false, release: () => {} }
  const folder = applicationFolder(options.stateDir, applicationId)
  orUnwritable(folder, () => makeFolders(folder))
  const lock = lockOrThrow(folder, onWait)
  try {
    return { ...readOrMakeId(join(folder, idFile)), release: () => lock.release() }
  } catch (error) {
    lock.release()
    throw error
  }
}

const idFile = 'process-id'

/** Whether a folder is one that a process has made for an application. */
export function isApplicationFolder(folder: string): boolean {
  return existsSync(join(folder, idFile))
}

/** Where an application keeps what is its own. */
export function applicationFolder(stateDir: string, applicationId: string): string {
  return join(stateDir, encodeURIComponent(applicationId))
}

function lockOrThrow(folder: string, onWait?: (waitMs: number) => void): FolderLock {
  const lock = lockFolder(folder, onWait)
  if ('release' in lock) return lock
  if (!isBusy(lock.refused)) throw unwritable(folder, lock.refused)
  throw new StreamError('STATE_LOCKED', `state folder "${folder}" is in use by another process`, {
    hint: 'Stop the other process, or give this one a state folder of its own.',
    cause: lock.refused,
  })
}

function orUnwritable(path: string, deed: () => void): void {
  try {
    deed()
  } catch (error) {
    throw unwritable(path, error)
  }
}

function unwritable(path: string, cause: unknown): StreamError {
  return new StreamError('STORE_UNWRITABLE', `could not write state in "${path}"`, {
    detail: `The system says: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: 'See that the folder exists and that this process may write to it, or name another one.',
    cause,
  })
}

type KnownId = Pick<ProcessIdentity, 'processId' | 'isCopy'>

/** The id, and the number that the file had in its file system when it was made: a copy has another one. */
function readOrMakeId(path: string): KnownId {
  try {
    const [known = '', fileNumber] = readFileSync(path, 'utf8').split('\n')
    if (/^[0-9a-f-]{36}$/.test(known))
      return { processId: known, isCopy: fileNumber !== String(statSync(path).ino) }
  } catch (error) {
    if (!isMissing(error)) throw toStreamError(error)
  }
  const fresh = randomUUID()
  orUnwritable(path, () => writeId(path, fresh))
  return { processId: fresh, isCopy: false }
}

function writeId(path: string, id: string): void {
  const file = openSync(path, 'w')
  try {
    writeSync(file, `${id}\n${fstatSync(file).ino}\n`)
  } finally {
    closeSync(file)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
