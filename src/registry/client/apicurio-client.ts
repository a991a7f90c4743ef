/** A client of Apicurio's registries, version 3 of their REST interface. */
import { StreamError } from '../../base/errors.ts'
import { artifactSubject, subjectArtifact } from '../artifacts.ts'
import type {
  Framing,
  NamedSchema,
  RegisteredSchema,
  SchemaDraft,
  SchemaRef,
  SchemaType,
  SchemaUse,
  Side,
} from '../contracts.ts'
import { guessType } from '../schemas/guess-type.ts'
import type { ApicurioSettings } from '../settings.ts'
import { apicurioFraming } from '../wire/apicurio-framing.ts'
import { flattened } from './drafts.ts'
import { contentOf, textOf } from './refusals.ts'
import { referenceDepthMax, RegistryClient, type DraftUse } from './registry-client.ts'
import type { RegistryExchange, RegistryRequest } from './registry-exchange.ts'
import { artifactBy } from './subjects.ts'

interface VersionJson {
  readonly globalId: number
  readonly contentId: number
  readonly version: string
  readonly artifactType?: SchemaType
}

interface ReferenceJson {
  readonly name: string
  readonly groupId?: string
  readonly artifactId: string
  readonly version?: string
}

export class ApicurioClient extends RegistryClient<ApicurioSettings> {
  protected get idKind(): SchemaRef['kind'] {
    return this.settings.idKind
  }

  subjectOf(use: SchemaUse): string {
    return artifactSubject(artifactBy(this.settings, use))
  }

  framing(side: Side, type: SchemaType): Framing {
    return apicurioFraming({ ...this.settings, side, type })
  }

  protected async askRef(ref: SchemaRef): Promise<RegisteredSchema> {
    const target = `/ids/${ref.kind}s/${ref.id}`
    const asked = `the schema with ${ref.kind} ${ref.id}`
    const text = await this.#text(target, asked)
    const references = await this.#references(`${target}/references`, 0)
    return { ids: { [ref.kind]: ref.id }, type: guessType(text), text, references }
  }

  protected askLatest(subject: string): Promise<RegisteredSchema> {
    return this.#version(subject, 'branch=latest')
  }

  protected askVersion(subject: string, version: number | string): Promise<RegisteredSchema> {
    return this.#version(subject, String(version))
  }

  async #version(subject: string, expression: string): Promise<RegisteredSchema> {
    const asked =
      expression === 'branch=latest'
        ? `the latest version of "${subject}"`
        : `version ${expression} of "${subject}"`
    const path = `${artifactPath(subject)}/versions/${encodeURIComponent(expression)}`
    const found = await this.#json<VersionJson>({ method: 'GET', target: path, headers: {} }, asked)
    // The number is asked for from here on: what is latest may change between the requests.
    const fixed = `${artifactPath(subject)}/versions/${encodeURIComponent(found.version)}`
    const text = await this.#text(`${fixed}/content`, asked)
    const references = await this.#references(`${fixed}/references`, 0)
    return { ...registered(found, found.artifactType ?? guessType(text), text), references, subject }
  }

  protected async askDraft(how: DraftUse, subject: string, draft: SchemaDraft): Promise<RegisteredSchema> {
    const found = how === 'register' ? await this.#create(subject, draft) : await this.#search(subject, draft)
    return { ...registered(found, draft.type, draft.text), references: flattened(draft), subject }
  }

  async #create(subject: string, draft: SchemaDraft): Promise<VersionJson> {
    const references: ReferenceJson[] = []
    for (const { name, draft: referred } of draft.references ?? []) {
      const { group: groupId } = subjectArtifact(subject)
      const own = await this.withDraft(
        'register',
        artifactSubject({ group: groupId, artifact: name }),
        referred,
      )
      references.push({ name, groupId, artifactId: name, version: String(own.version) })
    }
    const { group, artifact } = subjectArtifact(subject)
    const content = { content: draft.text, contentType: contentTypeOf(draft.type), references }
    const body = { artifactId: artifact, artifactType: draft.type, firstVersion: { content } }
    const query = `?ifExists=FIND_OR_CREATE_VERSION&canonical=${this.settings.normalize}`
    const target = `/groups/${encodeURIComponent(group)}/artifacts${query}`
    const request = { method: 'POST', target, headers: { 'content-type': 'application/json' }, body } as const
    const { version } = await this.#json<{ readonly version: VersionJson }>(
      request,
      `a new version of "${subject}"`,
    )
    return version
  }

  async #search(subject: string, draft: SchemaDraft): Promise<VersionJson> {
    const { group, artifact } = subjectArtifact(subject)
    const query = new URLSearchParams({
      groupId: group,
      artifactId: artifact,
      artifactType: draft.type,
      canonical: String(this.settings.normalize),
      orderby: 'globalId',
      order: 'desc',
      limit: '1',
    })
    const target = `/search/versions?${query.toString()}`
    const headers = { 'content-type': contentTypeOf(draft.type) }
    const asked = `the schema under "${subject}"`
    const { versions } = await this.#json<{ readonly versions: readonly VersionJson[] }>(
      { method: 'POST', target, headers, text: draft.text },
      asked,
    )
    const [found] = versions
    if (found !== undefined) return found
    throw new StreamError('SCHEMA_NOT_FOUND', `the schema registry has nothing for ${asked}`, {
      hint: 'Register the schema, or turn on automatic registration.',
    })
  }

  /** What is referred to first; a text's references are asked for apart from it. */
  async #references(target: string, depth: number): Promise<readonly NamedSchema[]> {
    if (depth > referenceDepthMax) return []
    const request = { method: 'GET', target, headers: {} } as const
    const list = await this.#json<readonly ReferenceJson[]>(request, 'the references of a schema')
    const found = new Map<string, NamedSchema>()
    for (const {
      name,
      groupId: group = 'default',
      artifactId: artifact,
      version = 'branch=latest',
    } of list) {
      const schema = await this.version(artifactSubject({ group, artifact }), version)
      for (const inner of schema.references) found.set(inner.name, inner)
      found.set(name, { name, text: schema.text })
    }
    return [...found.values()]
  }

  async #json<T>(request: RegistryRequest, asked: string): Promise<T> {
    const headers = { accept: 'application/json', ...request.headers }
    return contentOf(await this.#send({ ...request, headers }), asked) as T
  }

  async #text(target: string, asked: string): Promise<string> {
    return textOf(await this.#send({ method: 'GET', target, headers: { accept: '*/*' } }), asked)
  }

  #send(request: RegistryRequest): ReturnType<RegistryExchange['send']> {
    return this.exchange.send(request)
  }
}

function registered(
  { globalId, contentId, version }: VersionJson,
  type: SchemaType,
  text: string,
): Omit<RegisteredSchema, 'references'> {
  return { ids: { globalId, contentId }, type, text, version }
}

function contentTypeOf(type: SchemaType): string {
  return type === 'PROTOBUF' ? 'application/x-protobuf' : 'application/json'
}

function artifactPath(subject: string): string {
  const { group, artifact } = subjectArtifact(subject)
  return `/groups/${encodeURIComponent(group)}/artifacts/${encodeURIComponent(artifact)}`
}
