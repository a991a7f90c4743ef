/** The part of Apicurio's REST interface, version 3, that its serialisers and Maven plug-in use. */
import { createHash } from 'node:crypto'
import { artifactSubject, defaultGroup } from '../../artifacts.ts'
import type { SchemaType } from '../../contracts.ts'
import { RegistryFailure } from '../failure.ts'
import type { StoredVersion } from '../records.ts'
import type { Registration, RegistryService } from '../registry-service.ts'
import { Answer, get, post, type Call, type Route } from '../router.ts'
import { contextOf, defaultContext } from '../subject-names.ts'
import { artifactAnswer, artifactTypes, contentTypes, referenceAnswer, versionAnswer } from './answers.ts'
import { registrationOf, type CreateArtifact, type CreateVersion } from './bodies.ts'

export const apicurioPrefix = '/apis/registry/v3'

/** How many versions a search gives at once. */
const searchMax = 500

export function apicurioRoutes(service: RegistryService): readonly Route[] {
  const artifact = '/groups/{group}/artifacts/{artifact}'
  const version = `${artifact}/versions/{version}`
  const routes = [
    ...byId('/ids/globalIds/{id}', (call) => byGlobalId(service, call)),
    ...byId('/ids/contentIds/{id}', (call) => byContentId(service, call)),
    ...byId('/ids/contentHashes/{id}', (call) => byHash(service, call)),
    ...byId(`${version}/content`, (call) => byExpression(service, call)).slice(0, 1),
    get(`${version}/references`, (call) => byExpression(service, call).references.map(referenceAnswer)),
    get(version, (call) => versionAnswer(byExpression(service, call))),
    get(`${artifact}/versions`, (call) => searchAnswer(call, versionsOf(service, call))),
    post(`${artifact}/versions`, async (call) => {
      const [first] = versionsOf(service, call)
      const body = bodyOf(call) as CreateVersion
      return versionAnswer(await service.register(registrationOf(subjectOf(call), body, first?.type)))
    }),
    get(artifact, (call) => artifactAnswer(byExpression(service, call, 'branch=latest'))),
    post('/groups/{group}/artifacts', (call) => createArtifact(service, call)),
    post('/search/versions', (call) => searchAnswer(call, searchByContent(service, call))),
    get('/system/info', () => ({ name: 'Weft', description: 'schema registry', version: '3' })),
  ]
  return routes.map((route) => ({ ...route, pattern: apicurioPrefix + route.pattern }))
}

/** A text and what it refers to. */
function byId(pattern: string, find: (call: Call) => StoredVersion): readonly Route[] {
  return [
    get(pattern, (call) => {
      const stored = find(call)
      return new Answer(200, stored.text, {
        'content-type': contentTypes[stored.type],
        'x-registry-artifacttype': artifactTypes[stored.type],
      })
    }),
    get(`${pattern}/references`, (call) => find(call).references.map(referenceAnswer)),
  ]
}

function byGlobalId({ state }: RegistryService, call: Call): StoredVersion {
  const stored = state.byGlobalId(numberOf(call))
  if (stored === undefined || contextOf(stored.subject) !== defaultContext)
    throw absent(`id ${call.path['id']}`)
  return stored
}

/** The content id of a text is its schema id in the other interface. */
function byContentId({ state }: RegistryService, call: Call): StoredVersion {
  const [stored] = state.byId(defaultContext, numberOf(call))
  if (stored === undefined) throw absent(`id ${call.path['id']}`)
  return stored
}

function byHash({ state }: RegistryService, { path }: Call): StoredVersion {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const stored = state.oneOfEachId(defaultContext).find(({ text }) => hash(text) === path['id'])
  if (stored === undefined) throw absent(`hash ${path['id']}`)
  return stored
}

function numberOf({ path }: Call): number {
  const text = path['id'] ?? ''
  if (!/^\d{1,15}$/.test(text)) throw new RegistryFailure(400, `"${text}" is no id`)
  return Number(text)
}

function subjectOf({ path }: Call): string {
  const group = path['group'] ?? defaultGroup
  return artifactSubject({ group: group === 'null' ? defaultGroup : group, artifact: path['artifact'] ?? '' })
}

function versionsOf({ state }: RegistryService, call: Call): readonly StoredVersion[] {
  const versions = state.versions(subjectOf(call), false)
  if (versions.length === 0)
    throw absent(`artifact "${call.path['artifact']}" in group "${call.path['group']}"`)
  return versions
}

/** A version's number, or `branch=latest`: other branches are not kept. */
function byExpression(
  service: RegistryService,
  call: Call,
  expression = call.path['version'] ?? '',
): StoredVersion {
  const versions = versionsOf(service, call)
  const latest = expression === 'branch=latest' || expression === 'latest'
  const stored = latest ? versions.at(-1) : versions.find(({ version }) => String(version) === expression)
  if (stored === undefined) throw absent(`version "${expression}" of artifact "${call.path['artifact']}"`)
  return stored
}

async function createArtifact(service: RegistryService, call: Call): Promise<object> {
  const body = bodyOf(call) as CreateArtifact
  const { artifactId, artifactType, firstVersion } = body
  if (typeof artifactId !== 'string' || artifactId === '')
    throw new RegistryFailure(400, 'artifactId is missing')
  if (firstVersion === undefined)
    throw new RegistryFailure(400, 'firstVersion is missing: an artifact has content here')
  const subject = subjectOf({ ...call, path: { ...call.path, artifact: artifactId } })
  const exists = service.state.versions(subject, false).length > 0
  if (exists && (call.query.get('ifExists') ?? 'FAIL') === 'FAIL')
    throw new RegistryFailure(409, `An artifact with ID '${artifactId}' already exists.`)
  const type = typeNamed(artifactType)
  const stored = await service.register(registrationOf(subject, firstVersion, type))
  return { artifact: artifactAnswer(stored), version: versionAnswer(stored) }
}

function typeNamed(name: unknown): SchemaType | undefined {
  return (Object.keys(artifactTypes) as SchemaType[]).find((type) => artifactTypes[type] === name)
}

/** Versions with the content of the body, newest first; of all artifacts unless one is named. */
function searchByContent(service: RegistryService, { query, body }: Call): readonly StoredVersion[] {
  const { state } = service
  const group = query.get('groupId') ?? defaultGroup
  const artifact = query.get('artifactId')
  const subjects = artifact === null ? state.subjects(false) : [artifactSubject({ group, artifact })]
  const wanted = typeNamed(query.get('artifactType'))
  return subjects
    .flatMap((subject) => {
      const versions = state.versions(subject, false)
      const type = wanted ?? versions[0]?.type
      if (versions.length === 0 || type === undefined) return []
      return matching(service, { subject, type, text: body.toString('utf8'), references: [] }, versions)
    })
    .toSorted((a, b) => b.globalId - a.globalId)
}

/** Who searches has the text alone: a version with the same text and references is found as well. */
function matching(
  service: RegistryService,
  wanted: Registration,
  versions: readonly StoredVersion[],
): readonly StoredVersion[] {
  return versions.filter((stored) => {
    if (stored.text === wanted.text) return true
    try {
      const draft = { ...wanted, references: stored.references }
      return service.reading.readDraft(draft).identity === service.reading.read(stored).identity
    } catch (error) {
      if (error instanceof RegistryFailure) return false
      throw error
    }
  })
}

function searchAnswer({ query }: Call, versions: readonly StoredVersion[]): object {
  const limit = Math.min(Number(query.get('limit') ?? 20) || 20, searchMax)
  const offset = Number(query.get('offset') ?? 0) || 0
  return { count: versions.length, versions: versions.slice(offset, offset + limit).map(versionAnswer) }
}

function bodyOf({ body }: Call): object {
  try {
    const value = JSON.parse(body.toString('utf8')) as unknown
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Said below.
  }
  throw new RegistryFailure(400, 'The body is no JSON object')
}

function absent(what: string): RegistryFailure {
  return new RegistryFailure(404, `No ${what} was found.`)
}

export function apicurioFailure({ status, message }: RegistryFailure): object {
  const names: Readonly<Record<number, string>> = { 404: 'NotFoundException', 409: 'ConflictException' }
  return { status, title: message, name: names[status] ?? 'BadRequestException', detail: message }
}
