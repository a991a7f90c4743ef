import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../base/byte-writer.ts'
import { StreamError } from '../base/errors.ts'
import type { Format } from '../data/types.ts'
import type { RegisteredSchema, SchemaDraft, SchemaRef, SchemaRegistry } from '../registry/contracts.ts'
import { confluentFraming } from '../registry/wire/confluent-framing.ts'
import { avroDecoder, avroEncoder } from '../serde/avro/avro-codec.ts'
import { parseAvroSchema } from '../serde/avro/parse-schema.ts'
import { TestCluster } from '../testing/cluster.ts'
import { finishTopology } from '../topology/build-topology.ts'
import type { Node, Topology } from '../topology/topology.ts'
import type { Application } from './application.ts'
import { expression } from './fixtures.ts'

const orderV1 = '{"type":"record","name":"Order","fields":[{"name":"id","type":"int"}]}'
const orderV2 =
  '{"type":"record","name":"Order","fields":[{"name":"id","type":"int"},{"name":"note","type":"string","default":"none"}]}'
const other = '{"type":"record","name":"Order","fields":[{"name":"id","type":"string"}]}'

/** A registry in memory that answers when it is told to. */
class LocalRegistry implements SchemaRegistry {
  readonly schemas: RegisteredSchema[] = []
  readonly asked: SchemaRef[] = []
  readonly #here = new Map<number | string, RegisteredSchema | StreamError>()
  #down = false
  readonly #subjects = new Map<string, RegisteredSchema>()

  constructor(...texts: readonly string[]) {
    texts.forEach((text) => this.#add({ type: 'AVRO', text }))
  }

  set down(down: boolean) {
    this.#down = down
  }

  known(ref: SchemaRef): RegisteredSchema | StreamError | undefined {
    return this.#here.get(ref.id)
  }

  async fetch(ref: SchemaRef): Promise<RegisteredSchema> {
    this.asked.push(ref)
    this.#answers()
    const schema = this.schemas.find(({ ids }) => ids.id === ref.id)
    const answer = schema ?? new StreamError('SCHEMA_NOT_FOUND', `there is no schema ${ref.id}`)
    this.#here.set(ref.id, answer)
    if (answer instanceof StreamError) throw answer
    return answer
  }

  async latest(subject: string): Promise<RegisteredSchema> {
    this.#answers()
    const schema = this.#subjects.get(subject)
    if (schema === undefined) throw new StreamError('SCHEMA_NOT_FOUND', `there is no subject "${subject}"`)
    return schema
  }

  version(subject: string): Promise<RegisteredSchema> {
    return this.latest(subject)
  }

  async register(subject: string, draft: SchemaDraft): Promise<RegisteredSchema> {
    this.#answers()
    if (draft.text === other)
      throw new StreamError('SCHEMA_INCOMPATIBLE', `subject "${subject}" takes no such schema`)
    const schema = this.schemas.find(({ text }) => text === draft.text) ?? this.#add(draft)
    this.#subjects.set(subject, schema)
    return schema
  }

  forWriting(subject: string, draft: SchemaDraft): Promise<RegisteredSchema> {
    return this.register(subject, draft)
  }

  subjectOf({ topic, side }: { readonly topic: string; readonly side: string }): string {
    return `${topic}-${side}`
  }

  framing(side: 'key' | 'value', type: 'AVRO' | 'PROTOBUF' | 'JSON') {
    return confluentFraming({ side, type, writeIdTo: 'payload' })
  }

  async close(): Promise<void> {}

  #add({ type, text }: SchemaDraft): RegisteredSchema {
    const schema: RegisteredSchema = { ids: { id: this.schemas.length + 1 }, type, text, references: [] }
    this.schemas.push(schema)
    return schema
  }

  #answers(): void {
    if (this.#down) throw new StreamError('REGISTRY_UNREACHABLE', 'the registry does not answer')
  }
}

const text: Format = { notation: 'binary', type: { kind: 'string' } }

function avro(source?: string): Format {
  return {
    notation: 'confluent_avro',
    type: { kind: 'struct' },
    ...(source === undefined ? {} : { source: { text: source } }),
  }
}

function pass(from: Format, to: Format, extra: readonly Node[] = []): Topology {
  const nodes: readonly Node[] = [
    { kind: 'source', id: 'in', topics: ['input'], key: text, value: from },
    { kind: 'sink', id: 'out', input: 'in', topic: { kind: 'topic', name: 'output' }, key: text, value: to },
    ...extra,
  ]
  return finishTopology({ name: 'test', nodes, stores: [], functions: { namespace: 'test', functions: [] } })
}

function framed(id: number, schema: string, value: unknown): Buffer {
  const writer = new ByteWriter()
  writer.writeInt8(0)
  writer.writeInt32(id)
  avroEncoder(parseAvroSchema(schema))(value, writer)
  return writer.copy()
}

function read(bytes: Buffer | null, schema: string): unknown {
  return bytes === null ? null : avroDecoder(parseAvroSchema(schema))(bytes, 5, bytes.length)
}

async function cluster(): Promise<TestCluster> {
  const made = new TestCluster()
  await made.createTopic('input')
  await made.createTopic('output')
  return made
}

function started(on: TestCluster, topology: Topology, registry: SchemaRegistry, settings = {}): Application {
  const application = on.application(topology, settings, { registryOf: () => registry })
  application.start()
  return application
}

describe.each(['exactly_once_v2', 'at_least_once'] as const)(
  'records whose schemas are elsewhere, %s',
  (guarantee) => {
    test('wait for each schema once, in order, and are read in the schema of the definition', async () => {
      await using on = await cluster()
      const registry = new LocalRegistry(orderV1, orderV2)
      await on.produce('input', [
        { key: 'a', value: framed(1, orderV1, { id: 1 }) },
        { key: 'a', value: framed(2, orderV2, { id: 2, note: 'x' }) },
        { key: 'a', value: framed(1, orderV1, { id: 3 }) },
      ])
      started(on, pass(avro(orderV2), avro(orderV2)), registry, { guarantee })
      const output = await on.untilRead('output', (records) => records.length >= 3)
      expect(output.map(({ value }) => read(value, orderV2))).toEqual([
        { id: 1, note: 'none' },
        { id: 2, note: 'x' },
        { id: 3, note: 'none' },
      ])
      expect(registry.asked.map(({ id }) => id)).toEqual([1, 2])
    })

    test('wait for a registry that does not answer, and none is lost', async () => {
      await using on = await cluster()
      const registry = new LocalRegistry(orderV1)
      registry.down = true
      await on.produce('input', [{ key: 'a', value: framed(1, orderV1, { id: 1 }) }])
      started(on, pass(avro(orderV1), text), registry, { guarantee })
      await on.run(
        on.clock === undefined
          ? Promise.resolve()
          : new Promise((resolve) => on.clock.setTimer(5000, () => resolve(undefined))),
      )
      expect(await on.read('output')).toEqual([])
      registry.down = false
      started(on, pass(avro(orderV1), avro(orderV1)), registry, { guarantee, applicationId: 'second' })
      const output = await on.untilRead('output', (records) => records.length >= 1)
      expect(output.map(({ value }) => read(value, orderV1))).toEqual([{ id: 1 }])
    })

    test('of an extractor are written by a subject for each topic it names', async () => {
      await using on = await cluster()
      await on.createTopic('even')
      const registry = new LocalRegistry(orderV1)
      const extractor = expression('byId', 'topicNameExtractor', '"even"')
      const nodes: readonly Node[] = [
        { kind: 'source', id: 'in', topics: ['input'], key: text, value: avro(orderV1) },
        {
          kind: 'sink',
          id: 'out',
          input: 'in',
          topic: { kind: 'extractor', extractor },
          key: text,
          value: avro(orderV2),
        },
      ]
      const topology = finishTopology({
        name: 'test',
        nodes,
        stores: [],
        functions: { namespace: 'test', functions: [] },
      })
      await on.produce('input', [
        { key: 'a', value: framed(1, orderV1, { id: 1 }) },
        { key: 'a', value: framed(1, orderV1, { id: 2 }) },
      ])
      started(on, topology, registry, { guarantee })
      const output = await on.untilRead('even', (records) => records.length >= 2)
      expect(output.map(({ value }) => read(value, orderV2))).toEqual([
        { id: 1, note: 'none' },
        { id: 2, note: 'none' },
      ])
    })
  },
)

describe('records that no schema will help', () => {
  test.each([
    ['of an id that the registry does not have', framed(99, orderV1, { id: 1 }), 'SCHEMA_NOT_FOUND'],
    ['of a schema that the definition cannot read', framed(2, other, { id: 'x' }), 'SCHEMA_INCOMPATIBLE'],
    ['without a magic byte', Buffer.from('{"id":1}'), 'VALUE_MALFORMED'],
    ['cut short', framed(1, orderV1, { id: 100_000 }).subarray(0, 6), 'VALUE_MALFORMED'],
  ])('%s become dead letters', async (_name, value, code) => {
    await using on = await cluster()
    await on.createTopic('app-dead-letters')
    const registry = new LocalRegistry(orderV1, other)
    await on.produce('input', [
      { key: 'a', value },
      { key: 'a', value: framed(1, orderV1, { id: 2 }) },
    ])
    started(on, pass(avro(orderV1), avro(orderV1)), registry, { policies: { decode: 'dead_letter' } })
    const output = await on.untilRead('output', (records) => records.length >= 1)
    expect(output.map((record) => read(record.value, orderV1))).toEqual([{ id: 2 }])
    const [letter] = await on.untilRead('app-dead-letters', (records) => records.length >= 1)
    expect(letter?.value).toEqual(value)
    expect(String(letter?.headers?.find(({ key }) => key === 'weft.error.code')?.value)).toBe(code)
  })
})

describe('a schema to write with', () => {
  test('that the registry refuses ends the application with its answer', async () => {
    await using on = await cluster()
    await on.produce('input', [{ key: 'a', value: framed(1, orderV1, { id: 1 }) }])
    const application = started(on, pass(avro(orderV1), avro(other)), new LocalRegistry(orderV1))
    await expect(on.run(application.done)).rejects.toThrow(
      expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE' }),
    )
  })

  test("is the subject's latest where the definition gives none", async () => {
    await using on = await cluster()
    const registry = new LocalRegistry(orderV1)
    await registry.register('output-value', { type: 'AVRO', text: orderV2 })
    await on.produce('input', [{ key: 'a', value: framed(1, orderV1, { id: 1 }) }])
    started(on, pass(avro(), avro()), registry)
    const output = await on.untilRead('output', (records) => records.length >= 1)
    expect(read(output[0]?.value ?? null, orderV2)).toEqual({ id: 1, note: 'none' })
  })

  test('that the registry does not have ends the application, and does not keep it waiting', async () => {
    await using on = await cluster()
    await on.produce('input', [{ key: 'a', value: framed(1, orderV1, { id: 1 }) }])
    const application = started(on, pass(avro(orderV1), avro()), new LocalRegistry(orderV1))
    await expect(on.run(application.done)).rejects.toThrow(
      expect.objectContaining({ code: 'SCHEMA_NOT_FOUND' }),
    )
  })

  test('may be registered after the start, by whoever writes the first record', async () => {
    await using on = await cluster()
    const registry = new LocalRegistry(orderV1)
    started(on, pass(avro(orderV1), avro()), registry)
    await on.run(new Promise<void>((resolve) => on.clock.setTimer(5000, () => resolve())))
    await registry.register('output-value', { type: 'AVRO', text: orderV2 })
    await on.produce('input', [{ key: 'a', value: framed(1, orderV1, { id: 1 }) }])
    const output = await on.untilRead('output', (records) => records.length >= 1)
    expect(read(output[0]?.value ?? null, orderV2)).toEqual({ id: 1, note: 'none' })
  })
})
