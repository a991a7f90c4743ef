/** What applications have left on disk: for commands, while no process runs them. */
import { type Dirent, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { StreamError, toStreamError } from '../base/errors.ts'
import type { ChangeLogPosition, StateEngines, StorePlace } from '../store/contracts.ts'
import { countEntries } from '../store/count-entries.ts'
import { engineKinds, ProcessEngines, type EngineKind } from '../store/state-engines.ts'
import { applicationFolder, isApplicationFolder, openIdentity } from './identity/process-identity.ts'

export interface StoredStore {
  readonly engine: EngineKind
  /** `<sub-topology>_<partition>` */
  readonly task: string
  readonly store: string
  /** Of large stores: about. */
  readonly entries: number
  /** Of keys and values, before compression; of large stores: about. */
  readonly sizeBytes: number
  readonly position: ChangeLogPosition | undefined
}

export interface StoredApplication {
  readonly applicationId: string
  readonly stores: readonly StoredStore[]
  /** Why stores could not be looked at: another process has them all, or some are damaged. */
  readonly failures: readonly StreamError[]
}

/** Enough to look around. */
const lookBudgetBytes = 16 * 1_048_576

/** @throws StreamError `FILE_UNREADABLE` where it is no folder, or none that may be read */
export async function readStoredState(stateDir: string): Promise<StoredApplication[]> {
  if (!existsSync(stateDir)) return []
  const ids = entriesOf(stateDir)
    .filter((entry) => entry.isDirectory() && isApplicationFolder(join(stateDir, entry.name)))
    .map((entry) => decodeURIComponent(entry.name))
  const applications: StoredApplication[] = []
  for (const applicationId of ids.sort()) applications.push(await readApplication(stateDir, applicationId))
  return applications
}

function entriesOf(stateDir: string): Dirent[] {
  try {
    return readdirSync(stateDir, { withFileTypes: true })
  } catch (cause) {
    throw new StreamError('FILE_UNREADABLE', `could not read the state folder "${stateDir}"`, {
      detail: `The system says: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: 'Name the folder that the applications run with (--state-dir).',
      cause,
    })
  }
}

export function hasStoredState(stateDir: string, applicationId: string): boolean {
  return isApplicationFolder(applicationFolder(stateDir, applicationId))
}

/** What an application has on disk, while no process can begin to run it from there. */
export interface HeldState {
  /** Begins the names of its members in the group; undefined where it is a copy, so that they may run elsewhere. */
  readonly processId: string | undefined
  release(): void
  /** Deletes it: stores and identity. */
  erase(): void
}

/**
 * Undefined where it has nothing there.
 *
 * @throws StreamError `STATE_LOCKED` while a process runs it
 */
export function holdStoredState(stateDir: string, applicationId: string): HeldState | undefined {
  const folder = applicationFolder(stateDir, applicationId)
  if (!isApplicationFolder(folder)) return undefined
  const identity = openIdentity({ kind: 'folder', stateDir }, applicationId)
  return {
    processId: identity.isCopy ? undefined : identity.processId,
    release: () => identity.release(),
    erase: () => {
      identity.release()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Looked = Pick<StoredApplication, 'stores' | 'failures'>

async function readApplication(stateDir: string, applicationId: string): Promise<StoredApplication> {
  return { applicationId, ...(await orFailure(() => readLocked(stateDir, applicationId))) }
}

async function orFailure(look: () => Looked | Promise<Looked>): Promise<Looked> {
  try {
    return await look()
  } catch (error) {
    return { stores: [], failures: [toStreamError(error)] }
  }
}

function together(looks: readonly Looked[]): Looked {
  return {
    stores: looks.flatMap(({ stores }) => stores),
    failures: looks.flatMap(({ failures }) => failures),
  }
}

async function readLocked(stateDir: string, applicationId: string): Promise<Looked> {
  const identity = openIdentity({ kind: 'folder', stateDir }, applicationId)
  const folder = applicationFolder(stateDir, applicationId)
  try {
    const kinds = engineKinds.filter((kind) => existsSync(join(folder, kind)))
    return together(await Promise.all(kinds.map((kind) => orFailure(() => readEngine(folder, kind)))))
  } finally {
    identity.release()
  }
}

async function readEngine(folder: string, kind: EngineKind): Promise<Looked> {
  const engines = await ProcessEngines.open({ kind, folder, budgetBytes: lookBudgetBytes })
  try {
    const thread = engines.forThread(0)
    const looks: Looked[] = []
    for (const place of engines.places())
      looks.push(await orFailure(() => ({ stores: [readStore(thread, kind, place)], failures: [] })))
    return together(looks)
  } finally {
    await engines.close()
  }
}

function readStore(engines: StateEngines, engine: EngineKind, place: StorePlace): StoredStore {
  const store = engines.open(place)
  try {
    return { engine, ...place, ...countEntries(store), position: store.position() }
  } finally {
    store.close()
  }
}
