import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { assert } from '../../src/base/assert.ts'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { schemaBook } from '../../src/cli/schema-files.ts'
import { loadDefinition } from '../../src/language/load.ts'
import type { SchemaRegistry } from '../../src/registry/contracts.ts'
import { registrySettings } from '../../src/registry/registry-properties.ts'
import type { Application } from '../../src/runtime/application.ts'
import { avroDecoder, avroEncoder } from '../../src/serde/avro/avro-codec.ts'
import { parseAvroSchema } from '../../src/serde/avro/parse-schema.ts'
import { TestCluster } from '../../src/testing/cluster.ts'
import { openTestRegistry, type RegistryLink } from '../../src/testing/registry.ts'
import type { Topology } from '../../src/topology/topology.ts'

// A definition whose topics hold Avro, the embedded broker and the embedded registry, in virtual time; the way to the registry breaks.
const celsius = record('Reading', { id: 'string', celsius: 'double' })
const withPlace = JSON.stringify({
  ...(JSON.parse(celsius) as object),
  fields: [...fieldsOf({ id: 'string', celsius: 'double' }), { name: 'place', type: 'string', default: '' }],
})
const fahrenheit = record('Warm', { id: 'string', fahrenheit: 'double' })

const definition = `streams:
  readings: { topic: readings, keyType: string, valueType: avro:Reading }
  warm: { topic: warm, keyType: string, valueType: avro:Warm }
pipelines:
  main:
    from: readings
    via:
      - { type: filter, if: { language: javascript, expression: value.celsius > 20 } }
      - type: mapValues
        mapper:
          language: javascript
          expression: '({ id: value.id, fahrenheit: value.celsius * 1.8 + 32 })'
          resultType: avro:Warm
    to: warm
`

const kinds = {
  confluent: { 'schema.registry.url': 'http://registry' },
  apicurio: { 'apicurio.registry.url': 'http://registry', 'apicurio.registry.auto-register': 'true' },
}

function record(name: string, fields: Readonly<Record<string, string>>): string {
  return JSON.stringify({ type: 'record', name, fields: fieldsOf(fields) })
}

function fieldsOf(fields: Readonly<Record<string, string>>): readonly object[] {
  return Object.entries(fields).map(([name, type]) => ({ name, type }))
}

interface Reading {
  readonly id: string
  readonly celsius: number
  readonly place?: string
}

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-registry-'))
  writeFileSync(join(folder, 'Reading.avsc'), celsius)
  writeFileSync(join(folder, 'Warm.avsc'), fahrenheit)
})

afterEach(() => rmSync(folder, { recursive: true }))

/** The definition on a cluster, with a registry that somebody else reaches even when the application does not. */
class Setting implements AsyncDisposable {
  readonly cluster = new TestCluster()
  readonly #topology: Topology
  readonly #registry: SchemaRegistry
  readonly #others: SchemaRegistry
  /** The application's way to the registry. */
  readonly link: RegistryLink

  private constructor(
    topology: Topology,
    { registry, link }: { readonly registry: SchemaRegistry; readonly link: RegistryLink },
    { others, cluster }: { readonly others: SchemaRegistry; readonly cluster: TestCluster },
  ) {
    this.#topology = topology
    this.#registry = registry
    this.link = link
    this.#others = others
    this.cluster = cluster
  }

  static async open(kind: 'confluent' | 'apicurio'): Promise<Setting> {
    const notations = { avro: { type: `${kind}_avro`, config: kinds[kind] } } as const
    const { topologies, diagnostics } = await loadDefinition(
      { path: join(folder, 'warm.yaml'), text: definition },
      {
        environment: {},
        catalog: { values: () => Promise.resolve(undefined) },
        schemas: schemaBook(folder, notations),
      },
    )
    expect(diagnostics).toEqual([])
    const [topology] = topologies
    assert(topology !== undefined, 'the definition has a pipeline')
    const cluster = new TestCluster()
    for (const topic of ['readings', 'warm', 'app-dead-letters']) await cluster.createTopic(topic)
    const { settings } = registrySettings(kind, kinds[kind])
    const own = await openTestRegistry(settings, { clock: cluster.clock })
    const { registry: others } = await openTestRegistry(settings, {
      clock: cluster.clock,
      server: own.server,
    })
    return new Setting(topology, own, { others, cluster })
  }

  start(policies: object = { decode: 'dead_letter' }): Application {
    const application = this.cluster.application(
      this.#topology,
      { policies },
      { registryOf: () => this.#registry },
    )
    application.start()
    return application
  }

  /** Writes readings as another program would, with a schema of its own. */
  produce(schema: string, ...values: readonly Reading[]): Promise<void> {
    return this.produceWith('readings-value', schema, values)
  }

  /** With a schema that is registered elsewhere: no compatibility is checked. */
  async produceWith(subject: string, schema: string, values: readonly object[]): Promise<void> {
    const registered = await this.cluster.run(this.#others.register(subject, { type: 'AVRO', text: schema }))
    const { bytes } = this.#others.framing('value', 'AVRO').prefix(registered.ids)
    await this.#produceFramed(bytes, schema, values)
  }

  async produceBytes(value: Buffer): Promise<void> {
    await this.cluster.produce('readings', [{ key: 'k', value }])
  }

  /** Registers a schema for whose values clients have to run rules. @returns its id */
  async registerWithRules(subject: string, schema: string, ruleSet: object): Promise<number> {
    const body = Buffer.from(JSON.stringify({ schema, ruleSet }))
    const request = { method: 'POST', target: `/subjects/${subject}/versions`, headers: {}, body }
    const answer = await this.link.send('http://registry', request, AbortSignal.timeout(1000))
    return (JSON.parse(answer.body.toString()) as { id: number }).id
  }

  /** Writes a reading with an id that no registry has given. */
  produceWithId(id: number, value: Reading): Promise<void> {
    const { bytes } = this.#others.framing('value', 'AVRO').prefix({ id, contentId: id })
    return this.#produceFramed(bytes, celsius, [value])
  }

  async #produceFramed(prefix: Buffer, schema: string, values: readonly object[]): Promise<void> {
    const encode = avroEncoder(parseAvroSchema(schema))
    const records = values.map((value) => {
      const writer = new ByteWriter()
      writer.writeBytes(prefix)
      encode(value, writer)
      return { key: 'k', value: writer.copy() }
    })
    await this.cluster.produce('readings', records)
  }

  /** What has been written, read by the schemas that the records name. */
  async warm(count: number): Promise<unknown[]> {
    const records = await this.cluster.untilRead('warm', (read) => read.length >= count)
    const framing = this.#others.framing('value', 'AVRO')
    const values: unknown[] = []
    for (const { value, headers } of records) {
      assert(value !== null, 'no reading was deleted')
      const { kind, id, bodyStart } = framing.read(value, 0, value.length, headers)
      const { text } = await this.cluster.run(this.#others.fetch({ kind, id }))
      values.push(avroDecoder(parseAvroSchema(text))(value, bodyStart, value.length))
    }
    return values
  }

  /** Their codes, once there are some. */
  async deadLetters(): Promise<readonly string[]> {
    const letters = await this.cluster.untilRead('app-dead-letters', (read) => read.length > 0)
    return letters.map(({ headers }) => String(headers?.find(({ key }) => key === 'weft.error.code')?.value))
  }

  async pause(seconds: number): Promise<void> {
    await this.cluster.run(
      new Promise<void>((resolve) => this.cluster.clock.setTimer(seconds * 1000, () => resolve())),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]()
    await Promise.all([this.#registry.close(), this.#others.close()])
  }
}

const a = { id: 'a', celsius: 30 }
const b = { id: 'b', celsius: 40 }

describe.each(['confluent', 'apicurio'] as const)('a definition over topics of %s_avro', (kind) => {
  test('reads and writes by the schemas of its folder', async () => {
    await using setting = await Setting.open(kind)
    await setting.produce(celsius, a, { id: 'cold', celsius: 3 })
    await setting.produce(withPlace, { ...b, place: 'hall' })
    setting.start()
    expect(await setting.warm(2)).toEqual([
      { id: 'a', fahrenheit: 86 },
      { id: 'b', fahrenheit: 104 },
    ])
  })

  test('waits for a registry that is down when it starts', async () => {
    await using setting = await Setting.open(kind)
    await setting.produce(celsius, a, b)
    setting.link.always = new Error('connection refused')
    const application = setting.start()
    await setting.pause(20)
    expect(setting.link.sent.length).toBeGreaterThan(1)
    expect(await setting.cluster.read('warm')).toEqual([])
    expect(application.state).toBe('running')
    setting.link.always = undefined
    expect(await setting.warm(2)).toHaveLength(2)
  })

  test.each([
    ['refuses connections', new Error('connection refused')],
    ['does not answer', 'silence'],
    ['is overloaded', { status: 503, headers: {}, body: Buffer.alloc(0) }],
  ] as const)(
    'waits for a registry that %s when a new schema comes, and loses no record before or after',
    async (_, outcome) => {
      await using setting = await Setting.open(kind)
      await setting.produce(celsius, a)
      setting.start()
      expect(await setting.warm(1)).toHaveLength(1)
      setting.link.always = outcome
      await setting.produce(withPlace, { ...b, place: 'hall' })
      await setting.produce(celsius, { id: 'c', celsius: 50 })
      await setting.pause(20)
      expect(await setting.cluster.read('warm')).toHaveLength(1)
      setting.link.always = undefined
      expect(await setting.warm(3)).toEqual([
        { id: 'a', fahrenheit: 86 },
        { id: 'b', fahrenheit: 104 },
        { id: 'c', fahrenheit: 122 },
      ])
    },
  )

  const text = record('Reading', { id: 'string', celsius: 'string' })
  const troubles: readonly (readonly [string, string, (setting: Setting) => Promise<void>])[] = [
    ['whose id the registry does not know', 'SCHEMA_NOT_FOUND', (setting) => setting.produceWithId(4711, b)],
    [
      'with another byte in front',
      'VALUE_MALFORMED',
      (setting) => setting.produceBytes(Buffer.from('070000000102', 'hex')),
    ],
    [
      'that ends within its id',
      'VALUE_MALFORMED',
      (setting) => setting.produceBytes(Buffer.from('0000', 'hex')),
    ],
    [
      'that was never framed',
      'VALUE_MALFORMED',
      (setting) => setting.produceBytes(Buffer.from('{"id":"b"}')),
    ],
    [
      'whose schema evolved incompatibly',
      'SCHEMA_INCOMPATIBLE',
      (setting) => setting.produceWith('elsewhere-value', text, [{ id: 'b', celsius: 'hot' }]),
    ],
  ]

  test.each(troubles)('keeps a record %s as a dead letter (%s), and goes on', async (_, code, produceBad) => {
    await using setting = await Setting.open(kind)
    await setting.produce(celsius, a)
    await produceBad(setting)
    await setting.produce(celsius, { id: 'c', celsius: 50 })
    setting.start()
    expect(await setting.warm(2)).toEqual([
      { id: 'a', fahrenheit: 86 },
      { id: 'c', fahrenheit: 122 },
    ])
    expect(await setting.deadLetters()).toEqual([code])
  })

  test('that policies let fail stops with the record and the reason', async () => {
    await using setting = await Setting.open(kind)
    await setting.produceBytes(Buffer.from('070000000102', 'hex'))
    const application = setting.start({ decode: 'fail' })
    await expect(setting.cluster.run(application.done)).rejects.toMatchObject({ code: 'VALUE_MALFORMED' })
  })
})

describe('a definition over topics whose schemas have rules for clients', () => {
  const encrypt = { name: 'encrypt', kind: 'TRANSFORM', type: 'ENCRYPT', mode: 'WRITEREAD', tags: ['PII'] }

  test('keeps what would have to be decrypted as a dead letter, and goes on', async () => {
    await using setting = await Setting.open('confluent')
    const id = await setting.registerWithRules('elsewhere-value', celsius, { domainRules: [encrypt] })
    await setting.produceWithId(id, b)
    await setting.produce(celsius, a)
    setting.start()
    expect(await setting.warm(1)).toEqual([{ id: 'a', fahrenheit: 86 }])
    expect(await setting.deadLetters()).toEqual(['SCHEMA_INCOMPATIBLE'])
  })

  test('stops rather than write what would have to be encrypted, also where the subject has the rules from before', async () => {
    await using setting = await Setting.open('confluent')
    const older = record('Warm', { id: 'string', fahrenheit: 'double', place: 'string' })
    await setting.registerWithRules('warm-value', older, { domainRules: [encrypt] })
    await setting.produce(celsius, a)
    const application = setting.start()
    await expect(setting.cluster.run(application.done)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      detail: expect.stringContaining('"encrypt"') as unknown,
    })
    expect(await setting.cluster.read('warm')).toEqual([])
  })
})
