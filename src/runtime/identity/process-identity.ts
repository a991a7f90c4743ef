import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StreamError, toStreamError } from '../../base/errors.ts'
import { makeFolders } from '../../base/make-folders.ts'
import { isBusy, lockFolder, type FolderLock } from '../../base/folder-lock.ts'
import type { IdentityOptions } from '../options.ts'

/** Who this process is for the cluster. Held until it is released or the process ends, however it ends. */
export interface ProcessIdentity {
  readonly processId: string
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
  if (options.kind === 'fixed') return { processId: options.processId, release: () => {} }
  const folder = applicationFolder(options.stateDir, applicationId)
  orUnwritable(folder, () => makeFolders(folder))
  const lock = lockOrThrow(folder, onWait)
  try {
    return { processId: readOrMakeId(join(folder, idFile)), release: () => lock.release() }
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

function readOrMakeId(path: string): string {
  try {
    const known = readFileSync(path, 'utf8').trim()
    if (/^[0-9a-f-]{36}$/.test(known)) return known
  } catch (error) {
    if (!isMissing(error)) throw toStreamError(error)
  }
  const fresh = randomUUID()
  orUnwritable(path, () => writeFileSync(path, `${fresh}\n`))
  return fresh
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
