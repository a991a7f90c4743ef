import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../base/byte-writer.ts'
import { apiByKey, apis, type RequestOf } from './apis.ts'
import {
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  decodeAssignment,
} from './consumer-protocol.ts'

function bytesOf(encode: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter()
  encode(writer)
  return writer.copy()
}

describe('a message', () => {
  test('has its defaults where fields are left out', () => {
    const bytes = bytesOf((writer) => apis.fetch.request.encode({ maxWaitMs: 5 }, 12, writer))
    const request: RequestOf<typeof apis.fetch> = apis.fetch.request.decode(bytes, 12)
    expect(request).toMatchObject({ maxWaitMs: 5, maxBytes: 2 ** 31 - 1, sessionEpoch: -1, clusterId: null })
    expect(request.topics).toEqual([])
  })

  test('drops what a version lacks and may be ignored', () => {
    const bytes = bytesOf((writer) => apis.fetch.request.encode({ rackId: 'a', sessionId: 4 }, 4, writer))
    expect(apis.fetch.request.decode(bytes, 4)).toMatchObject({ rackId: '', sessionId: 0 })
  })

  test('refuses what a version lacks and may not be ignored, naming the field', () => {
    const request = { groupId: 'g', groupInstanceId: 'i' }
    expect(() => bytesOf((writer) => apis.heartbeat.request.encode(request, 2, writer))).toThrow(
      expect.objectContaining({
        code: 'API_NOT_SUPPORTED',
        message: 'version 2 has no field "HeartbeatRequest.groupInstanceId"',
      }),
    )
  })

  test('refuses null where a version cannot have it', () => {
    expect(() => bytesOf((writer) => apis.metadata.request.encode({ topics: null }, 0, writer))).toThrow(
      expect.objectContaining({ message: 'version 0 cannot have null in "MetadataRequest.topics"' }),
    )
  })

  test('refuses a version that is not known, naming those that are', () => {
    expect(() => apis.heartbeat.request.decode(Buffer.alloc(0), 9)).toThrow(
      expect.objectContaining({ code: 'API_NOT_SUPPORTED', detail: 'Versions 0 to 4 are known.' }),
    )
  })

  test('skips tagged fields that are not known', () => {
    const plain = bytesOf((writer) => apis.heartbeat.request.encode({ groupId: 'g' }, 4, writer))
    const tagged = Buffer.concat([plain.subarray(0, -1), Buffer.from([2, 5, 1, 9, 200, 1, 0])])
    expect(apis.heartbeat.request.decode(tagged, 4)).toEqual(apis.heartbeat.request.decode(plain, 4))
  })

  test('with an array longer than its bytes is refused before it is made', () => {
    const bytes = Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])
    expect(() => apis.metadata.request.decode(bytes, 1)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_MALFORMED' }),
    )
  })
})

test('each API is found by its key, and only those there are', () => {
  for (const api of Object.values(apis)) expect(apiByKey(api.key)).toBe(api)
  expect(apiByKey(9_999)).toBeUndefined()
})

test('a subscription of a newer version is read as far as it is known', () => {
  const bytes = Buffer.concat([encodeSubscription({ topics: ['a'], rackId: 'r' }), Buffer.from([1, 2, 3])])
  bytes.writeInt16BE(7, 0)
  expect(decodeSubscription(bytes)).toMatchObject({ topics: ['a'], rackId: 'r', generationId: -1 })
})

test('an assignment of the first version comes back', () => {
  const assignment = { assignedPartitions: [{ topic: 'a', partitions: [0, 2] }], userData: Buffer.from('x') }
  expect(decodeAssignment(encodeAssignment(assignment, 0))).toEqual(assignment)
})
