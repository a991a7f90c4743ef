import { expect, test } from 'vitest'
import { jsonFieldText } from './json-field.ts'

test('a field is taken as keys of JSON are written, and a text without its quotes', () => {
  const id = jsonFieldText('id')
  expect(id('{"id":"a\\nb"}')).toBe('a\nb')
  expect(id('{"id":"Zoë","other":1}')).toBe('Zoë')
  expect(id(' {"other":{"id":1},"id": 9007199254740993 } ')).toBe('9007199254740993')
  expect(id('{"id":1.50}')).toBe('1.5')
  expect(id('{"id":true}')).toBe('true')
  expect(id('{"id":{"b":1.10, "a": [1]}}')).toBe('{"a":[1],"b":1.1}')
})

test('a field that is null or missing gives null', () => {
  const id = jsonFieldText('id')
  expect(id('{"id":null}')).toBeNull()
  expect(id('{}')).toBeNull()
})

test('what is no JSON object is refused', () => {
  const id = jsonFieldText('id')
  for (const text of ['', '[1]', '5', '{"id":', '{"id":1} x'])
    expect(() => id(text)).toThrow(expect.objectContaining({ code: 'VALUE_MALFORMED' }))
})
