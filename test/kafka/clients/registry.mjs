/**
 * Confluent's Node client and serialisers against a schema registry; the package is not among the project's own.
 *
 * `registry.mjs PACKAGE-FOLDER URL VALUES` prints what they made of values of each kind, and what they read in VALUES (JSON, or the path of
 * a file of it), one JSON document; where VALUES is a list, each of it is read and written again, with the newest schema of its topic.
 * Bytes are in base64.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join } from 'node:path'

const [folder, url, given] = process.argv.slice(2)
const require = createRequire(join(folder, 'package.json'))
const {
  AvroDeserializer,
  AvroSerializer,
  JsonDeserializer,
  JsonSerializer,
  ProtobufDeserializer,
  ProtobufSerializer,
  SchemaRegistryClient,
  SerdeType,
} = require('@confluentinc/schemaregistry')
const { createMutableRegistry } = require('@bufbuild/protobuf')

const client = new SchemaRegistryClient({ baseURLs: [url], cacheCapacity: 100 })
const avro = JSON.stringify({
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
})
const json = JSON.stringify({ type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] })
const text = (bytes) => Buffer.from(bytes).toString('base64')

async function write() {
  await client.register('node-avro-value', { schemaType: 'AVRO', schema: avro })
  await client.register('node-json-value', { schemaType: 'JSON', schema: json })
  const avroSerializer = new AvroSerializer(client, SerdeType.VALUE, latest)
  const jsonSerializer = new JsonSerializer(client, SerdeType.VALUE, { ...latest, validate: true })
  return {
    avro: text(await avroSerializer.serialize('node-avro', { id: 7, note: 'grün' })),
    json: text(await jsonSerializer.serialize('node-json', { id: 7 })),
  }
}

async function read(values) {
  const deserializers = {
    avro: new AvroDeserializer(client, SerdeType.VALUE, {}),
    json: new JsonDeserializer(client, SerdeType.VALUE, {}),
  }
  const found = {}
  for (const [name, { topic, data }] of Object.entries(values))
    found[name] = await deserializers[name].deserialize(topic, Buffer.from(data, 'base64'))
  return found
}

const latest = { useLatestVersion: true, autoRegisterSchemas: false }

/** For one topic: the messages that it writes are those that it has read, since nothing is compiled. */
function protobufSerdes() {
  const reader = new ProtobufDeserializer(client, SerdeType.VALUE, {})
  const writer = async (topic, value) => {
    const registry = createMutableRegistry(...reader.fileRegistry)
    return new ProtobufSerializer(client, SerdeType.VALUE, { ...latest, registry }).serialize(topic, value)
  }
  return [reader, { serialize: writer }]
}

async function again(values) {
  const serdes = {
    AVRO: [
      new AvroDeserializer(client, SerdeType.VALUE, {}),
      new AvroSerializer(client, SerdeType.VALUE, latest),
    ],
    JSON: [
      new JsonDeserializer(client, SerdeType.VALUE, {}),
      new JsonSerializer(client, SerdeType.VALUE, latest),
    ],
  }
  const written = []
  for (const { type, topic, data } of values) {
    if (type === 'PROTOBUF') serdes[topic] ??= protobufSerdes()
    const [reader, writer] = serdes[type] ?? serdes[topic]
    const value = await reader.deserialize(topic, Buffer.from(data, 'base64'))
    written.push({ data: text(await writer.serialize(topic, value)) })
  }
  return written
}

async function rest() {
  const worse = { schemaType: 'AVRO', schema: avro.replace('"long"', '"string"') }
  const refused = await client
    .register('node-avro-value', worse)
    .catch((error) => [error.status, error.errorCode])
  const absent = await client
    .getLatestSchemaMetadata('none')
    .catch((error) => [error.status, error.errorCode])
  return {
    refused,
    absent,
    compatible: await client.testSubjectCompatibility('node-avro-value', worse),
    versions: await client.getAllVersions('node-avro-value'),
    subjects: (await client.getAllSubjects()).filter((name) => name.startsWith('node-')),
    version: (await client.getLatestSchemaMetadata('node-json-value')).version,
    level: await client.updateCompatibility('node-avro-value', 'FULL'),
    deleted: await client.deleteSubject('node-json-value'),
  }
}

async function asked(values) {
  if (Array.isArray(values)) return again(values)
  return Object.keys(values).length > 0 ? read(values) : { write: await write(), rest: await rest() }
}

const answer = JSON.stringify(await asked(JSON.parse(isAbsolute(given) ? readFileSync(given) : given)))
process.stdout.write(answer, () => process.exit(0))
