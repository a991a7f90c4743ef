/** A client of registries with Confluent's REST interface. */
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
import type { ConfluentSettings } from '../settings.ts'
import { confluentFraming } from '../wire/confluent-framing.ts'
import { flattened } from './drafts.ts'
import { contentOf, unreadable } from './refusals.ts'
import { referenceDepthMax, RegistryClient, type DraftUse } from './registry-client.ts'
import { rulesOf } from './rules.ts'
import { subjectBy } from './subjects.ts'

const contentType = 'application/vnd.schemaregistry.v1+json'

/** What the interface says of a schema; old servers leave out what they do not know. */
interface SchemaJson {
  readonly id?: number
  readonly guid?: string
  readonly version?: number
  readonly schemaType?: SchemaType
  readonly schema?: string
  readonly references?: readonly ReferenceJson[]
  readonly ruleSet?: unknown
}

interface ReferenceJson {
  readonly name: string
  readonly subject: string
  readonly version: number
}

export class ConfluentClient extends RegistryClient<ConfluentSettings> {
  protected readonly idKind = 'id'

  subjectOf(use: SchemaUse): string {
    return subjectBy(this.settings.subjects[use.side], use)
  }

  framing(side: Side, type: SchemaType): Framing {
    return confluentFraming({ side, type, writeIdTo: this.settings.writeIdTo[side] })
  }

  protected async askRef(ref: SchemaRef): Promise<RegisteredSchema> {
    const target = ref.kind === 'guid' ? `/schemas/guids/${ref.id}` : `/schemas/ids/${ref.id}`
    const asked = `the schema with ${ref.kind} ${ref.id}`
    const json = await this.#get(target, asked)
    return this.#registered({ ...json, ...(ref.kind === 'id' ? { id: Number(ref.id) } : {}) }, asked)
  }

  protected askLatest(subject: string): Promise<RegisteredSchema> {
    return this.askVersion(subject, 'latest')
  }

  protected async askVersion(subject: string, version: number | string): Promise<RegisteredSchema> {
    const asked =
      version === 'latest' ? `the latest version of "${subject}"` : `version ${version} of "${subject}"`
    const json = await this.#get(`/subjects/${encodeURIComponent(subject)}/versions/${version}`, asked)
    return { ...(await this.#registered(json, asked)), subject }
  }

  /** A schema that the serialiser has: the answer holds its id, what else there is of it is known. */
  protected async askDraft(how: DraftUse, subject: string, draft: SchemaDraft): Promise<RegisteredSchema> {
    const references = await this.#references(how, draft)
    const body = {
      schema: draft.text,
      ...(draft.type === 'AVRO' ? {} : { schemaType: draft.type }),
      ...(references.length === 0 ? {} : { references }),
    }
    const json = await this.#post(how, subject, body)
    return {
      ids: idsOf(json),
      type: draft.type,
      text: draft.text,
      references: flattened(draft),
      subject,
      rules: rulesOf(json.ruleSet),
      ...(json.version === undefined ? {} : { version: json.version }),
    }
  }

  async #post(how: DraftUse, subject: string, body: object): Promise<SchemaJson> {
    const path = `/subjects/${encodeURIComponent(subject)}`
    const query = this.settings.normalize ? '?normalize=true' : ''
    const lookUp = async (): Promise<SchemaJson> =>
      this.#send('POST', path + query, `the schema under "${subject}"`, body)
    if (how === 'look-up') return lookUp()
    const json = await this.#send('POST', `${path}/versions${query}`, `a new version of "${subject}"`, body)
    // Older registries answer with the id alone; who writes GUIDs needs the rest.
    const { key, value } = this.settings.writeIdTo
    return json.guid === undefined && (key === 'header' || value === 'header')
      ? { ...(await lookUp()), ...json }
      : json
  }

  /** What a schema refers to stands under subjects of the names that it has there. */
  async #references(how: DraftUse, draft: SchemaDraft): Promise<readonly ReferenceJson[]> {
    const references: ReferenceJson[] = []
    for (const { name, draft: referred } of draft.references ?? []) {
      const registered = await this.withDraft(how, name, referred)
      const version = registered.version ?? (await this.withDraft('look-up', name, referred)).version
      references.push({ name, subject: name, version: Number(version) })
    }
    return references
  }

  async #registered(json: SchemaJson, asked: string): Promise<RegisteredSchema> {
    if (typeof json.schema !== 'string') throw unreadable(asked, 'The answer has no field "schema".')
    return {
      ids: idsOf(json),
      type: json.schemaType ?? 'AVRO',
      text: json.schema,
      references: await this.#referred(json.references ?? [], 0),
      rules: rulesOf(json.ruleSet),
      ...(json.version === undefined ? {} : { version: json.version }),
    }
  }

  async #referred(references: readonly ReferenceJson[], depth: number): Promise<readonly NamedSchema[]> {
    if (depth > referenceDepthMax) return []
    const found = new Map<string, NamedSchema>()
    for (const { name, subject, version } of references) {
      const schema = await this.version(subject, version)
      for (const inner of schema.references) found.set(inner.name, inner)
      found.set(name, { name, text: schema.text })
    }
    return [...found.values()]
  }

  #get(target: string, asked: string): Promise<SchemaJson> {
    return this.#send('GET', target, asked)
  }

  async #send(method: 'GET' | 'POST', target: string, asked: string, body?: object): Promise<SchemaJson> {
    const headers = { accept: contentType, 'content-type': contentType }
    const response = await this.exchange.send({
      method,
      target,
      headers,
      ...(body === undefined ? {} : { body }),
    })
    return contentOf(response, asked)
  }
}

function idsOf({ id, guid }: SchemaJson): RegisteredSchema['ids'] {
  return { ...(id === undefined ? {} : { id }), ...(guid === undefined ? {} : { guid }) }
}
