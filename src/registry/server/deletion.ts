/** Deleting in two steps: softly, so that readers by id still find the schema, and then for good. */
import {
  notPermitted,
  referenceExists,
  subjectNotFound,
  subjectNotSoftDeleted,
  subjectSoftDeleted,
  versionNotFound,
  versionNotSoftDeleted,
  versionSoftDeleted,
} from './failure.ts'
import {
  deleteSubjectRecord,
  schemaKey,
  schemaRecord,
  settingsRecord,
  type LogRecord,
  type StoredVersion,
} from './records.ts'
import type { RegistryService } from './registry-service.ts'
import type { RegistryState } from './registry-state.ts'
import { contextOf } from './subject-names.ts'

/** @returns the versions that went. @throws RegistryFailure */
export function deleteSubject(
  service: RegistryService,
  subject: string,
  permanent: boolean,
): Promise<number[]> {
  return service.write(() => {
    const { state } = service
    const versions = state.versions(subject, permanent)
    if (state.versions(subject, true).length === 0) throw subjectNotFound(subject)
    if (versions.length === 0) throw subjectSoftDeleted(subject)
    checkWritable(state, subject)
    for (const { version } of versions) {
      const others = state
        .referringTo(subject, version, permanent)
        .filter((stored) => stored.subject !== subject)
      if (others.length > 0) throw referenceExists(subject, version)
    }
    const answer = versions.map(({ version }) => version)
    if (!permanent) return { records: [deleteSubjectRecord(subject, answer.at(-1) ?? 0)], answer }
    if (versions.some(({ deleted }) => !deleted)) throw subjectNotSoftDeleted(subject)
    // Newest first: versions of a subject may refer to earlier ones.
    const records = answer.toReversed().map((version) => tombstone(subject, version))
    return { records: [...records, ...settingsGone(state, subject)], answer }
  })
}

/** @returns the version that went. @throws RegistryFailure */
export function deleteVersion(
  service: RegistryService,
  subject: string,
  wanted: number | 'latest',
  permanent: boolean,
): Promise<number> {
  return service.write(() => {
    const { state } = service
    const stored = versionToDelete(state, subject, wanted, permanent)
    checkWritable(state, subject)
    const { version } = stored
    if (state.referringTo(subject, version, permanent).length > 0) throw referenceExists(subject, version)
    if (!permanent) return { records: [schemaRecord({ ...stored, deleted: true })], answer: version }
    if (!stored.deleted) throw versionNotSoftDeleted(subject, version)
    const last = state.versions(subject, true).length === 1
    return {
      records: [tombstone(subject, version), ...(last ? settingsGone(state, subject) : [])],
      answer: version,
    }
  })
}

function versionToDelete(
  state: RegistryState,
  subject: string,
  wanted: number | 'latest',
  permanent: boolean,
): StoredVersion {
  if (state.versions(subject, true).length === 0) throw subjectNotFound(subject)
  const stored =
    wanted === 'latest' ? state.versions(subject, permanent).at(-1) : state.version(subject, wanted)
  if (stored === undefined) throw versionNotFound(wanted === 'latest' ? -1 : wanted)
  if (stored.deleted && !permanent) throw versionSoftDeleted(subject, stored.version)
  return stored
}

function checkWritable(state: RegistryState, subject: string): void {
  if (state.modeInScope(subject).startsWith('READONLY'))
    throw notPermitted(`Subject ${subject} in context ${contextOf(subject)} is in read-only mode`)
}

const tombstone = (subject: string, version: number): LogRecord => ({
  key: schemaKey(subject, version),
  value: null,
})

function settingsGone(state: RegistryState, subject: string): LogRecord[] {
  return [
    ...(state.config(subject) === undefined ? [] : [settingsRecord('CONFIG', subject, null)]),
    ...(state.mode(subject) === undefined ? [] : [settingsRecord('MODE', subject, null)]),
  ]
}
