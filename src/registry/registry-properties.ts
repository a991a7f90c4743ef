/**
 * What the properties of the JVM's serialisers mean for a client: Confluent's (`schema.registry.url`, …) and Apicurio's, version 3
 * (`apicurio.registry.url`, …). What has no meaning here is named to the user, so that nobody relies on a property that does nothing.
 */
import { StreamError } from '../base/errors.ts'
import {
  apicurioAuth,
  apicurioTls,
  confluentAuth,
  confluentHeaders,
  confluentTls,
} from './properties/security.ts'
import { PropertyReader, wrong } from './properties/values.ts'
import {
  apicurioSettings,
  confluentSettings,
  defaultLimits,
  type ApicurioSettings,
  type ConfluentSettings,
  type RegistryLimits,
  type RegistrySettings,
  type SubjectStrategy,
  type WritingPolicy,
} from './settings.ts'

export interface ReadProperties {
  readonly settings: RegistrySettings
  /** Names of properties that have no effect. */
  readonly unsupported: readonly string[]
}

/** @throws StreamError `CONFIG_INVALID`, `FILE_UNREADABLE` */
export function registrySettings(
  kind: RegistrySettings['kind'],
  properties: Readonly<Record<string, string>>,
): ReadProperties {
  const reader = new PropertyReader(properties)
  const settings = kind === 'confluent' ? readConfluent(reader) : readApicurio(reader)
  return { settings, unsupported: reader.unread() }
}

const confluentStrategies: Readonly<Record<string, SubjectStrategy>> = {
  TopicNameStrategy: 'topic',
  RecordNameStrategy: 'record',
  TopicRecordNameStrategy: 'topic-record',
}

const confluentIdPlaces = {
  PrefixSchemaIdSerializer: 'payload',
  HeaderSchemaIdSerializer: 'header',
} as const

function readConfluent(reader: PropertyReader): ConfluentSettings {
  const defaults = confluentSettings(urlsOf(reader, 'schema.registry.url'))
  return {
    ...defaults,
    auth: confluentAuth(reader),
    headers: confluentHeaders(reader),
    tls: confluentTls(reader),
    writing: confluentWriting(reader),
    normalize: reader.flag('normalize.schemas') ?? defaults.normalize,
    subjects: {
      key: reader.oneOf('key.subject.name.strategy', confluentStrategies) ?? 'topic',
      value: reader.oneOf('value.subject.name.strategy', confluentStrategies) ?? 'topic',
    },
    writeIdTo: {
      key: reader.oneOf('key.schema.id.serializer', confluentIdPlaces) ?? 'payload',
      value: reader.oneOf('value.schema.id.serializer', confluentIdPlaces) ?? 'payload',
    },
    limits: {
      ...defaultLimits,
      ...given({
        requestTimeoutMs: reader.whole('http.read.timeout.ms', 1),
        triesMax: plusOne(reader.whole('max.retries')),
        backoffMs: reader.whole('retries.wait.ms', 1),
        backoffMaxMs: reader.whole('retries.max.wait.ms', 1),
        schemasMax: reader.whole('max.schemas.per.subject', 1),
        latestAgeMaxMs: seconds(reader.text('latest.cache.ttl.sec'), 'latest.cache.ttl.sec'),
      }),
    },
  }
}

function confluentWriting(reader: PropertyReader): WritingPolicy {
  const id = reader.text('use.schema.id')
  const latest = reader.flag('use.latest.version') ?? false
  const register = reader.flag('auto.register.schemas') ?? true
  if (id !== undefined && id !== '-1') {
    if (!/^\d{1,10}$/.test(id)) throw wrong('use.schema.id', 'the id of a schema')
    return { kind: 'id', id: Number(id) }
  }
  // As the JVM's serialisers have it: who registers does not ask for the latest version.
  if (register) return { kind: 'register' }
  return latest ? { kind: 'latest' } : { kind: 'look-up' }
}

const apicurioStrategies: Readonly<Record<string, SubjectStrategy>> = {
  TopicIdStrategy: 'topic',
  SimpleTopicIdStrategy: 'plain-topic',
  RecordIdStrategy: 'record',
  TopicRecordIdStrategy: 'topic-record',
}

const apicurioIdBytes = {
  Default4ByteIdHandler: 4,
  Legacy8ByteIdHandler: 8,
  OptimisticFallbackIdHandler: 'either',
} as const

function readApicurio(reader: PropertyReader): ApicurioSettings {
  const own = (name: string): string => `apicurio.registry.${name}`
  refuseOlder(reader)
  const defaults = apicurioSettings(urlsOf(reader, own('url')))
  const strategy = reader.oneOf(own('artifact-resolver-strategy'), apicurioStrategies) ?? 'topic'
  return {
    ...defaults,
    auth: apicurioAuth(reader),
    tls: apicurioTls(reader),
    writing: apicurioWriting(reader),
    normalize: reader.flag(own('canonicalize')) ?? defaults.normalize,
    subjects: { key: strategy, value: strategy },
    group: reader.text(own('artifact.group-id')) ?? defaults.group,
    artifact: reader.text(own('artifact.artifact-id')),
    idKind: reader.oneOf(own('use-id'), { globalId: 'globalId', contentId: 'contentId' }) ?? defaults.idKind,
    idBytes: reader.oneOf(own('id-handler'), apicurioIdBytes) ?? defaults.idBytes,
    writeIdTo: reader.flag(own('headers.enabled')) === true ? 'header' : 'payload',
    message: apicurioMessage(reader),
    limits: {
      ...defaultLimits,
      ...given({
        triesMax: plusOne(reader.whole(own('retry-count'))),
        backoffMs: reader.whole(own('retry-backoff-ms'), 1),
        latestAgeMaxMs: reader.whole(own('check-period-ms')),
      }),
    },
  }
}

/** What earlier versions of the serialisers had: whoever sets it expects what does not happen. */
const olderProperties: Readonly<Record<string, string>> = {
  'apicurio.auth.username': 'apicurio.registry.auth.username',
  'apicurio.auth.password': 'apicurio.registry.auth.password',
  'apicurio.registry.as-confluent': 'apicurio.registry.use-id and apicurio.registry.id-handler',
}

function refuseOlder(reader: PropertyReader): void {
  for (const [name, newer] of Object.entries(olderProperties))
    if (reader.text(name) !== undefined) throw wrong(name, `of version 3: it is ${newer} there`)
}

function apicurioWriting(reader: PropertyReader): WritingPolicy {
  const own = (name: string): string => `apicurio.registry.${name}`
  const version = reader.text(own('artifact.version'))
  const latest = reader.flag(own('find-latest')) ?? false
  const register = reader.flag(own('auto-register')) ?? false
  const exists = own('auto-register.if-exists')
  reader.oneOf(exists, { FIND_OR_CREATE_VERSION: true, CREATE_VERSION: true })
  if (register) return { kind: 'register' }
  if (version !== undefined) return { kind: 'version', version }
  return latest ? { kind: 'latest' } : { kind: 'look-up' }
}

/** What stands before a Protobuf value: the message's name unless that is turned off, else its position where that is on. */
function apicurioMessage(reader: PropertyReader): ApicurioSettings['message'] {
  const own = (name: string): string => `apicurio.registry.serde.${name}`
  const names = reader.flag(own('send-type-ref')) ?? reader.flag(own('read-type-ref')) ?? true
  const paths = reader.flag(own('send-indexes')) ?? reader.flag(own('read-indexes')) ?? false
  reader.flag(own('read-type-ref'))
  reader.flag(own('read-indexes'))
  if (names && paths)
    throw wrong(own('send-indexes'), 'possible together with type references: turn one of them off')
  if (names) return 'name'
  return paths ? 'path' : 'none'
}

function urlsOf(reader: PropertyReader, name: string): readonly string[] {
  const urls = (reader.text(name) ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '')
  if (urls.length === 0) {
    throw new StreamError('CONFIG_INVALID', `the schema registry has no "${name}"`, {
      hint: 'Give its address, such as "http://localhost:8081".',
    })
  }
  if (!urls.every((url) => /^https?:\/\//.test(url) && URL.canParse(url)))
    throw wrong(name, 'a list of addresses that begin with http:// or https://')
  return urls
}

function plusOne(retries: number | undefined): number | undefined {
  return retries === undefined ? undefined : retries + 1
}

/** Seconds; -1 for ever. */
function seconds(value: string | undefined, name: string): number | undefined {
  if (value === undefined) return undefined
  if (!/^(?:-1|\d{1,9})$/.test(value)) throw wrong(name, 'a whole number of seconds, or -1')
  return value === '-1' ? Number.MAX_SAFE_INTEGER : Number(value) * 1000
}

function given(limits: {
  readonly [K in keyof RegistryLimits]?: number | undefined
}): Partial<RegistryLimits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}
