/** The embedded broker and registry over loopback, and a folder with a configuration of both: what commands meet. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { ByteWriter } from '../../src/base/byte-writer.ts'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import type { Output } from '../../src/cli/output.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { startRegistry, type RunningRegistry } from '../../src/cli/registry.ts'
import { RecordColumns } from '../../src/protocol/record-columns.ts'
import { avroLanguage } from '../../src/serde/avro/avro-language.ts'
import { jsonSchemaLanguage } from '../../src/serde/json-schema/json-schema-language.ts'
import { protoLanguage } from '../../src/serde/protobuf/proto-language.ts'

const languages = { AVRO: avroLanguage, PROTOBUF: protoLanguage, JSON: jsonSchemaLanguage } as const

/** Protobuf messages are the first of their file. */
const messageIndexes = { AVRO: Buffer.alloc(0), PROTOBUF: Buffer.of(0), JSON: Buffer.alloc(0) } as const

export type RegistryLanguage = keyof typeof languages

export const silent: Output = { line: () => {}, note: () => {}, interactive: false, status: () => {} }

export interface Read {
  readonly key: string | null
  readonly value: unknown
}

export interface ReadBytes {
  readonly key: Buffer | null
  readonly value: Buffer
}

/** Protobuf schemas are text; those of Avro are records. */
function languageOf(schema: object | string): RegistryLanguage {
  if (typeof schema === 'string') return 'PROTOBUF'
  return 'properties' in schema ? 'JSON' : 'AVRO'
}

export class RegistryPlace implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'weft-schemas-'))
  readonly bootstrap: string
  readonly registry: RunningRegistry
  readonly #broker: Broker

  private constructor(broker: Broker, registry: RunningRegistry, bootstrap: string) {
    this.#broker = broker
    this.registry = registry
    this.bootstrap = bootstrap
    this.write({
      'config.yaml': `kafka:
  brokers: ['${bootstrap}']
  schemaRegistry: ${registry.url}
  useAvro: true
state:
  rocksdb: { path: state }
`,
    })
  }

  static async open(): Promise<RegistryPlace> {
    const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
    const { host, port } = await broker.listen(0, '127.0.0.1')
    const registry = await startRegistry({ broker, host, port: 0 }, silentLogger)
    return new RegistryPlace(broker, registry, `${host}:${port}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry[Symbol.asyncDispose]()
    await this.#broker.close()
    rmSync(this.folder, { recursive: true })
    process.exitCode = undefined
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true })
      writeFileSync(join(this.folder, name), text)
    }
  }

  /** @returns the notes of the command */
  async weft(...args: readonly string[]): Promise<string[]> {
    const notes: string[] = []
    await (
      await buildProgram({ ...silent, note: (text) => notes.push(text) })
    ).parseAsync(args, { from: 'user' })
    return notes
  }

  run(): Promise<string[]> {
    return this.weft(
      'run',
      '--config',
      join(this.folder, 'config.yaml'),
      '--until-end',
      '--log-level',
      'error',
    )
  }

  async ask(path: string, body?: unknown, method = 'POST'): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.registry.url}${path}`, {
      ...(body === undefined ? {} : { method, body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    })
    return (await answer.json()) as Record<string, unknown>
  }

  /** Registers a schema as a topic's values' and writes records of it, keyed by a field; a millisecond lies between two. */
  async produce(
    topic: string,
    schema: object | string,
    {
      rows,
      key,
      fromMs = 1_700_000_000_000,
    }: {
      readonly rows: readonly Readonly<Record<string, unknown>>[]
      readonly key?: string
      readonly fromMs?: number
    },
  ): Promise<void> {
    const type = languageOf(schema)
    const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
    const { id } = await this.ask(`/subjects/${topic}-value/versions`, { schema: text, schemaType: type })
    const encode = languages[type].parse({ text }).encoder('value')
    await this.createTopics(topic)
    await using cluster = openCluster({ bootstrap: this.bootstrap }, silentLogger)
    const producer = cluster.kafka.producer({
      lingerMs: 0,
      batchBytes: 100_000,
      bufferBytes: 1_000_000,
      maxRequestBytes: 1_000_000,
      compression: 'none',
      deliveryTimeoutMs: 10_000,
    })
    await producer.partitionCount(topic)
    for (const [index, row] of rows.entries()) {
      const writer = new ByteWriter()
      writer.writeInt8(0)
      writer.writeInt32(Number(id))
      writer.writeBytes(messageIndexes[type])
      encode(row, writer)
      const value = writer.copy()
      const keyText = key === undefined ? undefined : Buffer.from(String(row[key]))
      producer.append(topic, {
        partition: 0,
        timestampMs: fromMs + index,
        key: keyText ?? value,
        keyStart: 0,
        keyEnd: keyText?.length ?? -1,
        value,
        valueStart: 0,
        valueEnd: value.length,
        headers: undefined,
      })
    }
    await producer.flush()
    await producer.close()
  }

  async createTopics(...names: readonly string[]): Promise<void> {
    await using cluster = openCluster({ bootstrap: this.bootstrap }, silentLogger)
    await cluster.kafka.admin.createTopics(
      names.map((name) => ({ name, partitions: 1, replicationFactor: -1, configs: {} })),
    )
  }

  /** The first records of a topic, each read with the schema that it names, as the registry has it. */
  async consume(topic: string, count: number): Promise<Read[]> {
    const records = await this.consumeBytes(topic, count)
    return Promise.all(
      records.map(async ({ key, value }) => ({
        key: key?.toString() ?? null,
        value: await this.decoded(value),
      })),
    )
  }

  /** The first records of a topic as they are. */
  async consumeBytes(topic: string, count: number): Promise<ReadBytes[]> {
    await using cluster = openCluster({ bootstrap: this.bootstrap }, silentLogger)
    const fetcher = cluster.kafka.fetcher({
      isolation: 'read_committed',
      minBytes: 1,
      maxWaitMs: 100,
      maxBytes: 1_000_000,
      maxPartitionBytes: 1_000_000,
    })
    fetcher.assign({ topic, partition: 0 }, 0)
    const records: ReadBytes[] = []
    const columns = new RecordColumns()
    while (records.length < count) {
      const fetched = fetcher.poll()
      if (fetched === undefined) await fetcher.ready(100)
      for (const batch of fetched?.batches ?? []) {
        columns.read(batch)
        for (let row = 0; row < columns.count; row++) {
          const hasKey = (columns.keyEnd[row] ?? -1) >= 0
          records.push({
            key: hasKey
              ? Buffer.from(columns.buffer.subarray(columns.keyStart[row], columns.keyEnd[row]))
              : null,
            value: Buffer.from(columns.buffer.subarray(columns.valueStart[row], columns.valueEnd[row])),
          })
        }
      }
      fetched?.release?.()
    }
    await fetcher.close()
    return records
  }

  /** By the schema that it names; JSON where it names none. */
  async decoded(value: Buffer): Promise<unknown> {
    if (value[0] === 0x7b) return JSON.parse(value.toString()) as unknown
    expect(value[0]).toBe(0)
    const { schema, schemaType = 'AVRO' } = await this.ask(`/schemas/ids/${value.readInt32BE(1)}`)
    const type = schemaType as RegistryLanguage
    const decode = languages[type].parse({ text: String(schema) }).decoder(undefined, {})
    return decode(value, 5 + messageIndexes[type].length, value.length)
  }
}
