import { expect, test } from 'vitest'
import { jsonSchemaOf } from './json-schema.ts'

type Schemas = Record<string, { properties?: Record<string, Record<string, unknown>>; required?: string[] }>

test('the schema of a definition knows its objects, their fields and what must be given', () => {
  const { anyOf, $defs } = jsonSchemaOf('definition') as { anyOf: unknown[]; $defs: Schemas }
  expect(anyOf).toEqual([{ $ref: '#/$defs/definition' }, { $ref: '#/$defs/sqlFile' }])
  expect($defs['stream']?.required).toEqual(['keyType', 'valueType'])
  expect($defs['table']?.required).toEqual(['topic', 'keyType', 'valueType'])
  expect($defs['transformKeyOperation']?.properties?.['type']).toEqual({
    enum: ['transformKey', 'mapKey', 'selectKey'],
  })
  expect($defs['function']?.properties?.['language']).toMatchObject({
    enum: ['python', 'javascript', 'typescript'],
    default: 'python',
  })
})

test('every reference in a schema leads somewhere', () => {
  for (const subject of ['definition', 'runner'] as const) {
    const schema = jsonSchemaOf(subject) as { $defs: Schemas }
    const names = [...JSON.stringify(schema).matchAll(/#\/\$defs\/(\w+)/g)].map(([, name]) => name ?? '')
    expect(names.filter((name) => !(name in schema.$defs))).toEqual([])
  }
})

test('a field that is refused is not offered', () => {
  const { $defs } = jsonSchemaOf('definition') as { $defs: Schemas }
  expect(Object.keys($defs['definition']?.properties ?? {})).not.toContain('producers')
})
