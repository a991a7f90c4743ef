/** The configuration of a KSML runner (`ksml:` and `kafka:`). */
import { notationTypes } from '../../../data/notation-types.ts'
import { byDefault, optional, required, type Kind } from '../../schema/field.ts'
import { mapOf } from '../../schema/collections.ts'
import { objectOf, objectSchema, type Read } from '../../schema/object.ts'
import { boolean, choice, integer, text, topicName } from '../../schema/scalars.ts'

const host = byDefault(text, '0.0.0.0', 'The address to listen on.')

const serverSchema = objectSchema(
  'applicationServer',
  'application server',
  'The HTTP server for health and queries.',
  {
    enabled: byDefault(boolean, false, 'Whether it runs.'),
    host,
    port: byDefault(integer(0, 65_535), 8080, 'The port to listen on.'),
  },
)

const prometheusSchema = objectSchema('prometheus', 'prometheus section', 'The page with metrics.', {
  enabled: byDefault(boolean, false, 'Whether it is served.'),
  host,
  port: byDefault(integer(0, 65_535), 9999, 'The port to listen on.'),
  configFile: optional(text, 'A configuration of the exporter; Weft needs none.'),
})

const policies = ['stopOnFail', 'continueOnFail', 'deadLetter', 'retryOnFail'] as const

function policy(id: string, loggerName: string, about: string) {
  return objectSchema(id, 'error policy', about, {
    log: byDefault(boolean, true, 'Whether an error is logged.'),
    logPayload: byDefault(boolean, false, 'Whether key and value are logged with it.'),
    loggerName: byDefault(text, loggerName, 'The name of the logger.'),
    handler: byDefault(
      choice(policies),
      'stopOnFail',
      'What happens: stop, skip the record, keep it as a dead letter, or try again.',
    ),
  })
}

const errorHandlingSchema = objectSchema(
  'errorHandling',
  'error handling',
  'What happens to records that fail.',
  {
    consume: optional(
      objectOf(policy('consumeErrors', 'ConsumeError', 'Records that cannot be read.')),
      'When a record cannot be read.',
    ),
    process: optional(
      objectOf(policy('processErrors', 'ProcessError', 'Records that a function fails on.')),
      'When a function fails.',
    ),
    produce: optional(
      objectOf(policy('produceErrors', 'ProduceError', 'Records that cannot be written.')),
      'When a record cannot be written.',
    ),
    deadLetterTopic: optional(topicName, 'Where dead letters go; absent: a topic of the application.'),
  },
)

const registrySchema = objectSchema('schemaRegistry', 'schema registry', 'A schema registry.', {
  config: optional(mapOf(text, 'property'), 'Its properties, for example "schema.registry.url".'),
})

const notationSchema = objectSchema('notation', 'notation', 'A way to write values.', {
  type: required(choice(notationTypes), 'What it is.', { example: 'json' }),
  schemaRegistry: optional(text, 'The name of a schema registry.'),
  config: optional(mapOf(text, 'property'), 'Properties beyond those of the registry.'),
})

function permission(about: string) {
  return byDefault(boolean, false, about)
}

const pythonSchema = objectSchema('pythonContext', 'python context', 'What Python code may do.', {
  allowHostFileAccess: permission('Whether it may read and write files.'),
  allowHostSocketAccess: permission('Whether it may open connections.'),
  allowNativeAccess: permission('Whether it may call native code.'),
  allowCreateProcess: permission('Whether it may start processes.'),
  allowCreateThread: permission('Whether it may start threads.'),
  inheritEnvironmentVariables: permission('Whether it sees the environment.'),
  modulePath: optional(text, 'A folder with Python modules that code may import.'),
})

/** A definition of the runner: a file, or one written in place, as its part of the text. */
export type DefinitionSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'inline'; readonly range: readonly [start: number, end: number] }

const definitionSource: Kind<DefinitionSource> = {
  what: 'a file or a definition',
  read: (node, diagnostics, place) => {
    if (node.kind === 'map') return { kind: 'inline', range: node.range }
    const path = text.read(node, diagnostics, place)
    return path === undefined ? undefined : { kind: 'file', path: path.value }
  },
  json: () => ({ type: ['string', 'object'] }),
}

const ksmlSchema = objectSchema('ksml', 'ksml section', 'What is run, and how.', {
  applicationServer: optional(objectOf(serverSchema), 'The HTTP server for health and queries.'),
  prometheus: optional(objectOf(prometheusSchema), 'The page with metrics.'),
  configDirectory: optional(text, 'The folder of the definition files; absent: that of this file.'),
  schemaDirectory: optional(text, 'The folder of the schema files; absent: that of this file.'),
  storageDirectory: optional(text, 'The folder of the state; absent: that of this file.'),
  createStorageDirectory: byDefault(
    boolean,
    false,
    'Whether the folder of the state is made where it is missing.',
  ),
  enableProducers: byDefault(boolean, true, 'Whether producers run.'),
  enablePipelines: byDefault(boolean, true, 'Whether pipelines run.'),
  errorHandling: optional(objectOf(errorHandlingSchema), 'What happens to records that fail.'),
  schemaRegistries: optional(mapOf(objectOf(registrySchema), 'schema registry'), 'Schema registries.'),
  notations: optional(mapOf(objectOf(notationSchema), 'notation'), 'Ways to write values.'),
  definitions: required(mapOf(definitionSource, 'definition'), 'The definitions, by namespace.', {
    example: '{ main: main.yaml }',
  }),
  pythonContext: optional(objectOf(pythonSchema), 'What Python code may do.'),
})

export const runnerSchema = objectSchema('runner', 'runner file', 'What is run, how, and on which cluster.', {
  ksml: required(objectOf(ksmlSchema), 'What is run, and how.'),
  kafka: required(mapOf(text, 'property'), 'Properties of Kafka clients and of Kafka Streams.', {
    example: '{ application.id: my-app, bootstrap.servers: "localhost:9092" }',
  }),
})

export type RunnerFields = Read<typeof runnerSchema>
export type KsmlFields = RunnerFields['ksml']
