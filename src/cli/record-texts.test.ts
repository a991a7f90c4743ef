import { expect, test } from 'vitest'
import { ByteWriter } from '../base/byte-writer.ts'
import { silentLogger } from '../base/logger.ts'
import type { Format } from '../data/types.ts'
import { CommandFormats } from './command-formats.ts'
import { RecordTexts, type RecordText } from './record-texts.ts'

const { signal } = new AbortController()

function bytesOf(formats: CommandFormats, format: Format, value: unknown): Buffer {
  const writer = new ByteWriter()
  formats.serde(format, 't', 'value').encode(value, writer, undefined)
  return writer.copy()
}

function shown(
  formats: CommandFormats,
  format: Format,
  { key = null, value }: { key?: Buffer | null; value: Buffer | null },
): RecordText {
  const record = { topic: 't', partition: 0, offset: 0, timestampMs: 0, headers: undefined, key, value }
  const texts = new RecordTexts(formats, 't', { key: format, value: format }, signal)
  expect(texts.ready(record)).toBeUndefined()
  return texts.of(record)
}

test('bytes are in base64, long numbers exact, and what JSON cannot say is a word', async () => {
  await using formats = new CommandFormats({}, silentLogger)
  const fields = Object.entries({ id: 'long', raw: 'bytes', ratio: 'double' })
  const record = { type: 'record', name: 'R', fields: fields.map(([name, type]) => ({ name, type })) }
  const format: Format = {
    notation: 'avro',
    type: { kind: 'struct' },
    source: { text: JSON.stringify({ type: 'array', items: record }) },
  }
  const value = bytesOf(formats, format, [{ id: 9007199254740993n, raw: Buffer.from('hi'), ratio: Infinity }])
  expect(shown(formats, format, { value })).toEqual({
    key: null,
    value: '[{"id":9007199254740993,"raw":"aGk=","ratio":"Infinity"}]',
    problems: [],
  })
})

test.each([
  ['int', 7, '7'],
  ['long', 9007199254740993n, '9007199254740993'],
  ['boolean', true, 'true'],
  ['string', 'grün', 'grün'],
] as const)('a value of type %s is what it means', async (kind, plain, text) => {
  await using formats = new CommandFormats({}, silentLogger)
  const format: Format = { notation: 'binary', type: { kind } }
  const value = bytesOf(formats, format, plain)
  expect(shown(formats, format, { value })).toEqual({ key: null, value: text, problems: [] })
})

test('a side that cannot be read is the text of its bytes, with what is wrong; the other is read', async () => {
  await using formats = new CommandFormats({}, silentLogger)
  const format: Format = { notation: 'binary', type: { kind: 'long' } }
  const value = bytesOf(formats, format, 5)
  const { key, value: text, problems } = shown(formats, format, { key: Buffer.from('abc'), value })
  expect([key, text]).toEqual(['abc', '5'])
  expect(problems).toHaveLength(1)
})
