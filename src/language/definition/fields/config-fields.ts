/** The application configuration that goes with files of one SQL query each (`config.yaml`). */
import { byDefault, optional, required } from '../../schema/field.ts'
import { listOf } from '../../schema/collections.ts'
import { objectOf, objectSchema, type Read } from '../../schema/object.ts'
import { boolean, choice, durationWithUnit, integer, text } from '../../schema/scalars.ts'

const consumerSchema = objectSchema('consumer', 'consumer section', 'How topics are read.', {
  group: optional(text, 'Put before the name of each pipeline to make its consumer group.'),
  autoOffsetReset: optional(
    choice(['earliest', 'latest']),
    'Where to begin when there is no committed offset.',
  ),
  fetchMinBytes: optional(integer(0), 'How much a fetch waits for.', { unit: 'bytes' }),
  fetchMaxWait: optional(integer(0), 'How long a fetch waits at most.', { unit: 'milliseconds' }),
  maxPollRecords: optional(integer(1), 'How many records are taken at once.', { unit: 'records' }),
})

const producerSchema = objectSchema('producer', 'producer section', 'How topics are written.', {
  batchSize: optional(integer(0), 'How large a batch may be.', { unit: 'bytes' }),
  maxRequestSize: optional(integer(1), 'How large a request may be, and a record in it.', { unit: 'bytes' }),
  lingerMs: optional(integer(0), 'How long a batch waits for more.', { unit: 'milliseconds' }),
  compression: optional(choice(['none', 'gzip', 'snappy', 'lz4', 'zstd']), 'How batches are compressed.'),
})

const kafkaSchema = objectSchema('configKafka', 'kafka section', 'The cluster.', {
  brokers: required(listOf(text, 'broker'), 'Where the cluster is.', { example: '["localhost:9092"]' }),
  schemaRegistry: optional(text, 'Where the schema registry is.'),
  useAvro: byDefault(boolean, false, 'Whether input topics hold Avro.'),
  consumer: optional(objectOf(consumerSchema), 'How topics are read.'),
  producer: optional(objectOf(producerSchema), 'How topics are written.'),
})

const s3Schema = objectSchema('s3', 's3 section', 'Where checkpoints are copied to.', {
  enabled: byDefault(boolean, false, 'Whether they are.'),
  bucket: optional(text, 'The bucket.'),
  region: optional(text, 'The region.'),
  accessKey: optional(text, 'The key id.'),
  secretKey: optional(text, 'The secret key.'),
  endpoint: optional(text, 'The address of the service.'),
  prefix: optional(text, 'Put before the names of objects.'),
})

const checkpointSchema = objectSchema('checkpoint', 'checkpoint section', 'Copies of the state.', {
  enabled: byDefault(boolean, false, 'Whether they are made.'),
  interval: optional(durationWithUnit, 'How often.'),
  s3: optional(objectOf(s3Schema), 'Where they are copied to.'),
})

const bytes = integer(0)

const rocksdbSchema = objectSchema('rocksdb', 'rocksdb section', 'The state on disk.', {
  path: required(text, 'The folder of the state.', { example: './data/state' }),
  writeBufferSize: optional(bytes, 'The size of a write buffer.', { unit: 'bytes' }),
  maxWriteBufferNumber: optional(integer(1), 'How many write buffers there are.'),
  blockSize: optional(bytes, 'The size of a block.', { unit: 'bytes' }),
  blockCache: optional(bytes, 'The size of the cache of blocks.', { unit: 'bytes' }),
  checkpoint: optional(objectOf(checkpointSchema), 'Copies of the state.'),
})

const stateSchema = objectSchema('configState', 'state section', 'What is kept.', {
  ttl: optional(
    durationWithUnit,
    'How long records of event topics are kept where a pipeline does not say.',
    { example: '1h' },
  ),
  rocksdb: optional(objectOf(rocksdbSchema), 'The state on disk.'),
})

const engineSchema = objectSchema('engine', 'engine section', 'Kept for old files; without effect.', {
  defaultWindow: optional(text, 'Without effect.'),
  duckdbMemory: optional(text, 'Without effect.'),
  checkpointInterval: optional(durationWithUnit, 'Without effect.'),
})

const loggingSchema = objectSchema('logging', 'logging section', 'What is logged.', {
  level: optional(choice(['trace', 'debug', 'info', 'warn', 'error']), 'From which level on.'),
  format: optional(choice(['text', 'json']), 'How a line looks.'),
})

export const configSchema = objectSchema(
  'config',
  'configuration',
  'How the SQL pipelines of a folder are run.',
  {
    kafka: required(objectOf(kafkaSchema), 'The cluster.', { example: '{ brokers: ["localhost:9092"] }' }),
    emitter: optional(
      objectOf(
        objectSchema('emitter', 'emitter section', 'The generator of test data.', {
          interval: optional(durationWithUnit, 'The pause between two rounds.'),
        }),
      ),
      'The generator of test data.',
    ),
    state: optional(objectOf(stateSchema), 'What is kept.'),
    engine: optional(objectOf(engineSchema), 'Kept for old files; without effect.'),
    logging: optional(objectOf(loggingSchema), 'What is logged.'),
    server: optional(
      objectOf(
        objectSchema('server', 'server section', 'The HTTP server.', {
          port: optional(integer(0, 65_535), 'Its port.'),
        }),
      ),
      'The HTTP server.',
    ),
  },
)

export type ConfigFields = Read<typeof configSchema>
