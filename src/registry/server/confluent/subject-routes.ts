/** Subjects and their versions. */
import { deleteSubject, deleteVersion } from '../deletion.ts'
import { schemaNotFound, subjectNotFound, versionNotFound } from '../failure.ts'
import type { StoredVersion } from '../records.ts'
import type { RegistryService } from '../registry-service.ts'
import { Answer, get, post, remove, type Call, type Route } from '../router.ts'
import { contextOf, parseSubject, subjectText } from '../subject-names.ts'
import { flag, page, registrationOf, subjectOf, versionOf } from './call-values.ts'
import { formattedText, schemaAnswer } from './answers.ts'

export function subjectRoutes(service: RegistryService): readonly Route[] {
  const { state } = service
  const one = '/subjects/{subject}'
  const version = `${one}/versions/{version}`
  const answerOf = (stored: StoredVersion, call: Call): object => schemaAnswer(service, stored, call)
  return [
    get('/subjects', (call) => page(call, listSubjects(service, call))),
    post(one, (call) => answerOf(lookUp(service, call), call)),
    remove(one, (call) => deleteSubject(service, subjectOf(call), flag(call, 'permanent'))),
    get(`${one}/metadata`, (call) => answerOf(latestWithMetadata(service, call), call)),
    get(`${one}/versions`, (call) => page(call, listVersions(service, call))),
    post(`${one}/versions`, async (call) => {
      const stored = await service.register(registrationOf(call))
      const { id, version, metadata, ruleSet } = stored
      // Without the text: clients keep what they sent, which may be a form of it that they can read and others cannot.
      return { id, version, guid: service.index.guidOf(stored), metadata, ruleSet }
    }),
    get(version, (call) => answerOf(findVersion(service, call), call)),
    remove(version, (call) =>
      deleteVersion(service, subjectOf(call), versionOf(call), flag(call, 'permanent')),
    ),
    get(
      `${version}/schema`,
      (call) => new Answer(200, formattedText(service, findVersion(service, call), call)),
    ),
    get(`${version}/referencedby`, (call) => {
      const { subject, version: number } = findVersion(service, call, true)
      const ids = state.referringTo(subject, number, flag(call, 'deleted')).map(({ id }) => id)
      return page(call, [...new Set(ids)])
    }),
  ]
}

function lookUp(service: RegistryService, call: Call): StoredVersion {
  const registration = registrationOf(call)
  const deleted = flag(call, 'deleted')
  if (service.state.versions(registration.subject, deleted).length === 0)
    throw subjectNotFound(registration.subject)
  const stored = service.lookUp(registration, deleted)
  if (stored === undefined) throw schemaNotFound()
  return stored
}

/** By prefix; `:*:` stands for those of every context, and a subject without a context for those of the default one. */
function listSubjects({ state }: RegistryService, call: Call): readonly string[] {
  const onlyDeleted = flag(call, 'deletedOnly') || flag(call, 'deleted_only')
  const all = state.subjects(onlyDeleted || flag(call, 'deleted'))
  const kept = onlyDeleted ? all.filter((subject) => state.versions(subject, false).length === 0) : all
  const prefix = call.query.get('subjectPrefix') ?? call.context ?? ':*:'
  if (prefix.startsWith(':*:'))
    return kept.filter((subject) => parseSubject(subject).name.startsWith(prefix.slice(3)))
  const wanted = subjectText(parseSubject(prefix))
  const context = contextOf(prefix)
  return kept.filter((subject) => subject.startsWith(wanted) && contextOf(subject) === context)
}

function listVersions({ state }: RegistryService, call: Call): readonly number[] {
  const subject = subjectOf(call)
  const onlyDeleted = flag(call, 'deletedOnly') || flag(call, 'deleted_only')
  const negative = flag(call, 'deletedAsNegative')
  const versions = state.versions(subject, onlyDeleted || negative || flag(call, 'deleted'))
  if (versions.length === 0) throw subjectNotFound(subject)
  const kept = onlyDeleted ? versions.filter(({ deleted }) => deleted) : versions
  return kept.map(({ version, deleted }) => (negative && deleted ? -version : version))
}

function findVersion(
  { state }: RegistryService,
  call: Call,
  withDeleted = flag(call, 'deleted'),
): StoredVersion {
  const subject = subjectOf(call)
  const wanted = versionOf(call)
  const versions = state.versions(subject, withDeleted)
  if (versions.length === 0 && state.versions(subject, false).length === 0) throw subjectNotFound(subject)
  const stored =
    wanted === 'latest'
      ? state.versions(subject, false).at(-1)
      : versions.find(({ version }) => version === wanted)
  if (stored === undefined) throw versionNotFound(wanted === 'latest' ? -1 : wanted)
  return stored
}

/** The newest version whose metadata has all of these properties. */
function latestWithMetadata({ state }: RegistryService, call: Call): StoredVersion {
  const subject = subjectOf(call)
  const versions = state.versions(subject, flag(call, 'deleted'))
  if (versions.length === 0) throw subjectNotFound(subject)
  const values = call.query.getAll('value')
  const wanted = call.query.getAll('key').map((key, index) => [key, values[index]] as const)
  const stored = versions.findLast(({ metadata }) => {
    const properties = (metadata as { properties?: Record<string, unknown> } | undefined)?.properties ?? {}
    return wanted.every(([key, value]) => Object.hasOwn(properties, key) && properties[key] === value)
  })
  if (stored === undefined) throw schemaNotFound()
  return stored
}
