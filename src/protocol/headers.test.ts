import { expect, test } from 'vitest'
import { ByteWriter } from '../base/byte-writer.ts'
import { apiByKey, apis } from './apis.ts'
import {
  decodeCorrelationId,
  decodeRequestHeader,
  decodeRequestStart,
  encodeRequestHeader,
  encodeResponseHeader,
  skipResponseHeader,
} from './headers.ts'

const isFlexible = (key: number, version: number): boolean => apiByKey(key)?.isFlexible(version) ?? false

test.each([
  { apiKey: apis.fetch.key, apiVersion: 4, clientId: 'weft' },
  { apiKey: apis.fetch.key, apiVersion: 12, clientId: 'wéft' },
  { apiKey: apis.apiVersions.key, apiVersion: 3, clientId: null },
])('a request header comes back, api $apiKey version $apiVersion', ({ apiKey, apiVersion, clientId }) => {
  const writer = new ByteWriter()
  const header = { apiKey, apiVersion, clientId, correlationId: 77 }
  encodeRequestHeader(header, isFlexible(apiKey, apiVersion), writer)
  expect(decodeRequestHeader(writer.copy(), isFlexible)).toEqual({ ...header, bodyAt: writer.length })
  expect(decodeRequestStart(writer.copy())).toEqual({ apiKey, apiVersion, correlationId: 77 })
})

test.each([
  [apis.fetch.key, true, 5],
  [apis.fetch.key, false, 4],
  [apis.apiVersions.key, true, 4],
])('a response header of api %i, flexible %s, has %i bytes', (apiKey, flexible, size) => {
  const writer = new ByteWriter()
  encodeResponseHeader({ apiKey, correlationId: 5 }, flexible, writer)
  expect(writer.length).toBe(size)
  expect(decodeCorrelationId(writer.copy())).toBe(5)
  expect(skipResponseHeader(writer.copy(), apiKey, flexible)).toBe(size)
})

test('a header that is cut is malformed', () => {
  expect(() => decodeRequestHeader(Buffer.alloc(9), isFlexible)).toThrow(
    expect.objectContaining({ code: 'PROTOCOL_MALFORMED' }),
  )
})
