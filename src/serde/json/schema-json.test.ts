import { expect, test } from 'vitest'
import { avroLanguage } from '../avro/avro-language.ts'
import { jsonSchemaLanguage } from '../json-schema/json-schema-language.ts'

test.each([
  [' \n', 'The text is empty.'],
  ['{"type":"record",\n "näme":}', 'Line 2, column 9: a character that begins no value.'],
  ['{"type":', 'Line 1, column 9: text ends where a value was expected.'],
])('a schema %j is told where it is not JSON', (text, detail) => {
  const refused = { code: 'SCHEMA_INVALID', detail }
  expect(() => avroLanguage.parse({ text })).toThrow(
    expect.objectContaining({ ...refused, message: 'an Avro schema is not JSON' }),
  )
  expect(() => jsonSchemaLanguage.parse({ text })).toThrow(
    expect.objectContaining({ ...refused, message: 'a JSON Schema is not JSON' }),
  )
})
