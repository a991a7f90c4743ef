import { expect, test } from 'vitest'
import { apis } from '../protocol/apis.ts'
import { batchesIn } from '../protocol/record-batch-reader.ts'
import { batchOf, errorOf, openTestBroker } from './fixtures/test-broker.ts'

test('gives back what was written, with offsets in place', async () => {
  const { client } = openTestBroker()
  await client.createTopic('a', 2)
  expect(await client.produce('a', batchOf(['x', 'y']))).toMatchObject({ error: 'NONE', baseOffset: 0 })
  expect(await client.produce('a', batchOf(['z']))).toMatchObject({ error: 'NONE', baseOffset: 2 })
  const { records, highWatermark } = await client.fetch('a', 0)
  expect([...batchesIn(records)].map(({ baseOffset, count }) => [baseOffset, count])).toEqual([
    [0, 2],
    [2, 1],
  ])
  expect(highWatermark).toBe(3)
})

test('answers a version of ApiVersions that it lacks in version 0, with its own range', async () => {
  const { client } = openTestBroker()
  const frame = client.frame(apis.apiVersions, {}, 0)
  frame.writeInt16BE(99, 2)
  const answer = await client.connection.request(frame)
  const response = apis.apiVersions.response.decode(answer ?? Buffer.alloc(0), 0, 4)
  expect(errorOf(response)).toBe('UNSUPPORTED_VERSION')
  expect(response.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }])
})
