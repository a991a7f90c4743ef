import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../base/byte-writer.ts'
import type { Header } from '../base/headers.ts'
import { silentLogger } from '../base/logger.ts'
import { materialize } from '../data/lazy.ts'
import { SlicedRow } from '../data/row.ts'
import type { Format } from '../data/types.ts'
import { apicurioSettings, confluentSettings, type RegistrySettings } from '../registry/settings.ts'
import { openTestRegistry } from '../testing/registry.ts'
import { Formats } from './formats.ts'
import type { NotationType } from '../data/notation-types.ts'

const texts = {
  avro: '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"note","type":"string"}]}',
  protobuf: 'syntax = "proto3"; message Other {} message Order { int64 id = 1; string note = 2; }',
  jsonschema:
    '{"title":"Order","type":"object","properties":{"id":{"type":"integer"},"note":{"type":"string"}}}',
} as const

const columns = [
  { name: 'note', type: { kind: 'string' } },
  { name: 'id', type: { kind: 'long' } },
] as const
const order = { id: 7, note: 'héron' }

const settingsOf = {
  confluent: (writeIdTo: 'payload' | 'header'): RegistrySettings => ({
    ...confluentSettings(['http://registry']),
    writeIdTo: { key: 'payload', value: writeIdTo },
  }),
  apicurio: (writeIdTo: 'payload' | 'header'): RegistrySettings => ({
    ...apicurioSettings(['http://registry/apis/registry/v3']),
    writing: { kind: 'register' },
    writeIdTo,
  }),
}

const cases = (['confluent', 'apicurio'] as const).flatMap((kind) =>
  (['payload', 'header'] as const).flatMap((writeIdTo) =>
    (['avro', 'protobuf', 'jsonschema'] as const).map((language) => ({ kind, writeIdTo, language })),
  ),
)

test.each(['confluent', 'apicurio'] as const)(
  'a key of JSON with a schema of %s has one form, whether it is written here or stands in a topic',
  async (kind) => {
    const { registry, clock } = await openTestRegistry(settingsOf[kind]('payload'))
    const formats = new Formats({
      notations: { it: { type: `${kind}_jsonschema`, config: {} } },
      registryOf: () => registry,
      clock,
      logger: silentLogger,
    })
    const format: Format = { notation: 'it', type: { kind: 'struct' }, source: { text: texts.jsonschema } }
    const serde = formats.serde(format, 'orders', 'key')
    serde.prepare?.()
    await expect.poll(() => formats.waiting, { interval: 1 }).toBe(false)
    const writer = new ByteWriter()
    serde.encode({ note: 'n', id: 7 }, writer, undefined)
    const sorted = '{"id":7,"note":"n"}'
    const frame = writer.view().subarray(0, writer.length - sorted.length)
    expect(writer.view().subarray(frame.length).toString()).toBe(sorted)
    const foreign = Buffer.concat([frame, Buffer.from('{"note": "n", "id": 7}')])
    expect(serde.canonicalKey?.(foreign)).toEqual(writer.copy())
    expect(serde.canonicalKey?.(Buffer.from('no frame')).toString()).toBe('no frame')
    formats.close()
  },
)

describe('schemas with rules', () => {
  const encrypt = { name: 'encrypt', kind: 'TRANSFORM', type: 'ENCRYPT', mode: 'WRITEREAD', tags: ['PII'] }
  const check = { name: 'check', kind: 'CONDITION', type: 'CEL', mode: 'WRITE', expr: 'message.id > 0' }
  const upgrade = { name: 'upgrade', kind: 'TRANSFORM', type: 'JSONATA', mode: 'UPGRADE' }

  /** A serde of a topic whose only schema has these rules, once it has what it needs. */
  async function open(ruleSet: object) {
    const settings = { ...settingsOf.confluent('payload'), writing: { kind: 'latest' } } as const
    const { registry, clock, server } = await openTestRegistry(settings)
    const body = Buffer.from(JSON.stringify({ schema: texts.avro, ruleSet }))
    const target = '/subjects/orders-value/versions'
    await server.exchange({ method: 'POST', target, headers: {}, body })
    const formats = new Formats({
      notations: { avro: { type: 'confluent_avro', config: {} } },
      registryOf: () => registry,
      clock,
      logger: silentLogger,
    })
    const serde = formats.serde({ notation: 'avro', type: { kind: 'struct' } }, 'orders', 'value')
    const record = Buffer.from('000000000114026e', 'hex')
    serde.prepare?.()
    serde.missing?.(record, 0, record.length, undefined)
    await expect.poll(() => formats.waiting, { interval: 1 }).toBe(false)
    return { formats, read: () => serde.decode(record, 0, record.length, undefined) }
  }
  const refused = (rules: string) =>
    expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE', detail: `They are called ${rules}.` })

  test('are not written with, nor read by: nothing here runs them', async () => {
    const { formats, read } = await open({ domainRules: [check], encodingRules: [encrypt] })
    expect(() => formats.check()).toThrow(refused('"check", "encrypt"'))
    expect(read).toThrow(refused('"encrypt"'))
    formats.close()
  })

  test('are as any other where the rules are disabled, or of migrations', async () => {
    const disabled = [encrypt, check].map((rule) => ({ ...rule, disabled: true }))
    const { formats, read } = await open({ domainRules: disabled, migrationRules: [upgrade] })
    formats.check()
    expect(read()).toEqual({ id: 10, note: 'n' })
    formats.close()
  })
})

test.each(['confluent', 'apicurio'] as const)(
  'what a schema refers to through others is registered with those: %s',
  async (kind) => {
    const { registry, clock } = await openTestRegistry(settingsOf[kind]('payload'))
    const formats = new Formats({
      notations: { it: { type: `${kind}_protobuf`, config: {} } },
      registryOf: () => registry,
      clock,
      logger: silentLogger,
    })
    const proto = (body: string): string => `syntax = "proto3"; ${body}`
    const source = {
      text: proto('import "line.proto"; message Bill { Line line = 1; }'),
      references: [
        { name: 'money.proto', text: proto('message Money { int64 cents = 1; }') },
        {
          name: 'line.proto',
          text: proto('import "money.proto"; message Line { Money price = 1; }'),
          imports: ['money.proto'],
        },
      ],
      imports: ['line.proto'],
    }
    const serde = formats.serde(
      { notation: 'it', type: { kind: 'struct' }, source, schema: 'Bill' },
      'bills',
      'value',
    )
    const settled = async (): Promise<void> => {
      await expect.poll(() => formats.waiting, { interval: 1 }).toBe(false)
      formats.check()
    }
    serde.prepare?.()
    await settled()
    const writer = new ByteWriter()
    const bill = { line: { price: { cents: 5 } } }
    serde.encode(bill, writer, [])
    const written = writer.copy()
    serde.missing?.(written, 0, written.length, [])
    await settled()
    expect(serde.decode(written, 0, written.length, [])).toEqual(bill)
    formats.close()
  },
)

test('a schema that cannot be read is looked at once, however many records name it', async () => {
  const { registry, clock, server } = await openTestRegistry(settingsOf.confluent('payload'))
  const body = Buffer.from(JSON.stringify({ schema: texts.avro }))
  await server.exchange({ method: 'POST', target: '/subjects/orders-value/versions', headers: {}, body })
  const formats = new Formats({
    notations: { proto: { type: 'confluent_protobuf', config: {} } },
    registryOf: () => registry,
    clock,
    logger: silentLogger,
  })
  const serde = formats.serde({ notation: 'proto', type: { kind: 'struct' } }, 'orders', 'value')
  const record = Buffer.from('00000000010008', 'hex')
  serde.missing?.(record, 0, record.length, undefined)
  await expect.poll(() => formats.waiting, { interval: 1 }).toBe(false)
  const failures = [1, 2].map(() => {
    try {
      return serde.decode(record, 0, record.length, undefined)
    } catch (error) {
      return error
    }
  })
  expect(failures[0]).toMatchObject({ code: 'SCHEMA_INCOMPATIBLE' })
  expect(failures[1]).toBe(failures[0])
  formats.close()
})

describe('rows that are kept', () => {
  test.each(cases)(
    'need no headers: $language, $kind, ids in the $writeIdTo',
    async ({ kind, writeIdTo, language }) => {
      const { registry, clock } = await openTestRegistry(settingsOf[kind](writeIdTo))
      const type: NotationType = `${kind}_${language}`
      const formats = new Formats({
        notations: { it: { type, config: {} } },
        registryOf: () => registry,
        clock,
        logger: silentLogger,
      })
      const source = { text: texts[language] }
      const format: Format = { notation: 'it', type: { kind: 'struct' }, source, schema: 'Order' }
      const serde = formats.serde(format, 'orders', 'value')
      const settled = async (): Promise<void> => {
        await expect.poll(() => formats.waiting, { interval: 1 }).toBe(false)
        formats.check()
      }
      serde.prepare?.()
      await settled()

      const [writer, headers]: [ByteWriter, Header[]] = [new ByteWriter(), []]
      writer.writeUtf8('before')
      serde.encode(order, writer, headers)
      const end = writer.length
      writer.writeUtf8('after')
      expect(headers.length > 0).toBe(writeIdTo === 'header')

      const reader = serde.project?.(columns)
      if (reader === undefined) throw new Error('the format has columns')
      const written = writer.copy()
      serde.missing?.(written, 6, end, headers)
      await settled()
      const row = new SlicedRow(reader.shape)
      row.headers = headers
      reader.read(written, 6, end, row)
      const kept = row.detach()
      const member = Buffer.from(row.buffer.subarray(row.start, row.end))
      row.headers = undefined
      written.fill(0)
      expect([0, 1].map((index) => kept.get(index))).toEqual(['héron', 7])
      expect(kept.materialize()).toEqual(order)
      const again = reader.shape.slice(member, 0, member.length)
      expect([0, 1].map((index) => again.get(index))).toEqual(['héron', 7])
      expect(materialize(again.detach())).toEqual(order)
      formats.close()
    },
  )
})
