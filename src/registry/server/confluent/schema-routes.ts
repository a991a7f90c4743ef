/** Schemas by id and by GUID. */
import type { SchemaType } from '../../contracts.ts'
import { RegistryFailure, schemaNotFound } from '../failure.ts'
import type { StoredVersion } from '../records.ts'
import type { RegistryService } from '../registry-service.ts'
import { Answer, get, type Call, type Route } from '../router.ts'
import { contextOf, defaultContext, parseSubject, subjectText } from '../subject-names.ts'
import { contentAnswer, formattedText, schemaAnswer } from './answers.ts'
import { flag, page } from './call-values.ts'

export function schemaRoutes(service: RegistryService): readonly Route[] {
  const { state } = service
  const one = '/schemas/ids/{id}'
  const guid = '/schemas/guids/{guid}'
  return [
    get('/schemas', (call) =>
      page(call, listSchemas(service, call)).map((stored) => schemaAnswer(service, stored, call)),
    ),
    get('/schemas/types', () => ['JSON', 'PROTOBUF', 'AVRO'] satisfies SchemaType[]),
    get(one, (call) => {
      const stored = firstOfId(service, call)
      const max = flag(call, 'fetchMaxId') ? { maxId: state.nextId(contextOf(stored.subject)) - 1 } : {}
      return { ...contentAnswer(service, stored, call), ...max }
    }),
    get(`${one}/schema`, (call) => new Answer(200, formattedText(service, firstOfId(service, call), call))),
    get(`${one}/subjects`, (call) =>
      page(call, [...new Set(keptOfId(service, call).map(({ subject }) => subject))]),
    ),
    get(`${one}/versions`, (call) =>
      page(
        call,
        keptOfId(service, call).map(({ subject, version }) => ({ subject, version })),
      ),
    ),
    get(guid, (call) => {
      const [found] = versionsOfGuid(service, call)
      if (found === undefined) throw schemaNotFound(call.path['guid'])
      return contentAnswer(service, found, call)
    }),
    get(`${guid}/ids`, (call) =>
      versionsOfGuid(service, call).map(({ subject, id }) => ({ context: contextOf(subject), id })),
    ),
  ]
}

/** The version of the subject that is asked with, else one that is not deleted. */
function firstOfId(service: RegistryService, call: Call): StoredVersion {
  const versions = versionsOfId(service, call)
  const wanted = call.query.get('subject') ?? ''
  const chosen =
    versions.find(({ subject }) => subject === wanted) ?? versions.find(({ deleted }) => !deleted)
  const stored = chosen ?? versions[0]
  if (stored === undefined) throw schemaNotFound(call.path['id'])
  return stored
}

function keptOfId(service: RegistryService, call: Call): readonly StoredVersion[] {
  const versions = versionsOfId(service, call)
  if (versions.length === 0) throw schemaNotFound()
  return flag(call, 'deleted') ? versions : versions.filter(({ deleted }) => !deleted)
}

/** In the context of the path or of the subject that is asked with; a subject without one may be of any context. */
function versionsOfId({ state }: RegistryService, call: Call): readonly StoredVersion[] {
  const text = call.path['id'] ?? ''
  if (!/^-?\d{1,10}$/.test(text)) throw new RegistryFailure(404, 'HTTP 404 Not Found')
  const id = Number(text)
  const asked = parseSubject(call.query.get('subject') ?? call.context ?? '')
  const found = state.byId(asked.context, id)
  if (found.length > 0 || asked.context !== defaultContext || asked.name === '') return found
  return state
    .contexts()
    .flatMap((context) => state.byId(context, id))
    .filter(({ subject }) => parseSubject(subject).name === asked.name)
}

/** One version for each context that has the schema. */
function versionsOfGuid({ state, index }: RegistryService, { path }: Call): readonly StoredVersion[] {
  const guid = path['guid'] ?? ''
  return state.contexts().flatMap((context) => {
    const id = index.idOf(context, guid)
    return id === undefined ? [] : state.byId(context, id).slice(0, 1)
  })
}

function listSchemas({ state }: RegistryService, call: Call): readonly StoredVersion[] {
  const prefix = call.query.get('subjectPrefix') ?? call.context ?? ''
  const everywhere = prefix.startsWith(':*:')
  const wanted = everywhere ? prefix.slice(3) : subjectText(parseSubject(prefix))
  const within = (subject: string): boolean =>
    everywhere
      ? parseSubject(subject).name.startsWith(wanted)
      : subject.startsWith(wanted) && contextOf(subject) === contextOf(prefix)
  const latestOnly = flag(call, 'latestOnly')
  return state.subjects(flag(call, 'deleted')).flatMap((subject) => {
    if (!within(subject)) return []
    const versions = state.versions(subject, flag(call, 'deleted'))
    return latestOnly ? versions.slice(-1) : versions
  })
}
