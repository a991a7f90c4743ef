import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StreamError, toStreamError } from '../../base/errors.ts'
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
 * @throws StreamError `STATE_LOCKED` when another process has the folder
 */
export function openIdentity(options: IdentityOptions, applicationId: string): ProcessIdentity {
  if (options.kind === 'fixed') return { processId: options.processId, release: () => {} }
  const folder = applicationFolder(options.stateDir, applicationId)
  mkdirSync(folder, { recursive: true })
  const lock = lockFolder(folder)
  try {
    return { processId: readOrMakeId(join(folder, 'process-id')), release: () => lock.close() }
  } catch (error) {
    lock.close()
    throw error
  }
}

/** Where an application keeps what is its own. */
export function applicationFolder(stateDir: string, applicationId: string): string {
  return join(stateDir, encodeURIComponent(applicationId))
}

/**
 * SQLite's exclusive lock, for want of a file lock in Node: the system lets go of it when the process dies, so there is no stale
 * lock to be told from a live one.
 */
function lockFolder(folder: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, 'lock'))
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    throw new StreamError('STATE_LOCKED', `state folder "${folder}" is in use by another process`, {
      hint: 'Stop the other process, or give this one a state folder of its own.',
      cause: error,
    })
  }
}

function readOrMakeId(path: string): string {
  try {
    const known = readFileSync(path, 'utf8').trim()
    if (/^[0-9a-f-]{36}$/.test(known)) return known
  } catch (error) {
    if (!isMissing(error)) throw toStreamError(error)
  }
  const fresh = randomUUID()
  writeFileSync(path, `${fresh}\n`)
  return fresh
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
