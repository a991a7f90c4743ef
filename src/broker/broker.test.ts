import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { sleep, systemClock } from '../base/clock.ts'
import { deferred } from '../base/deferred.ts'
import { silentLogger } from '../base/logger.ts'
import { seededRandom } from '../base/random.ts'
import { apis } from '../protocol/apis.ts'
import { Broker } from './broker.ts'
import type { BrokerConfig } from './broker-config.ts'
import { batchOf, errorOf, openTestBroker, TestClient } from './fixtures/test-broker.ts'

describe('a request', () => {
  test('of ApiVersions in a version that it lacks is answered in version 0, with its own range', async () => {
    const { client } = openTestBroker()
    const frame = client.frame(apis.apiVersions, {}, 0)
    frame.writeInt16BE(99, 2)
    const answer = await client.connection.request(frame)
    const response = apis.apiVersions.response.decode(answer ?? Buffer.alloc(0), 0, 4)
    expect(errorOf(response)).toBe('UNSUPPORTED_VERSION')
    expect(response.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }])
  })

  test.each([
    ['an API that is not known', (frame: Buffer) => frame.writeInt16BE(999, 0)],
    ['a version that is not known', (frame: Buffer) => frame.writeInt16BE(99, 2)],
    ['bytes that do not end', (frame: Buffer) => frame.fill(0xff, 10)],
  ])('with %s ends the connection', async (_case, spoil) => {
    const { client } = openTestBroker()
    const frame = client.frame(apis.metadata, { topics: [{ name: 'a' }] }, 12)
    spoil(frame)
    await expect(client.connection.request(frame)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    expect(client.connection.closed.aborted).toBe(true)
  })

  test('with bytes too many is answered as without', async () => {
    const { client } = openTestBroker()
    await client.createTopic('a')
    const frame = client.frame(apis.metadata, { topics: [{ name: 'a' }] }, 12)
    const answer = await client.connection.request(Buffer.concat([frame, Buffer.alloc(1)]))
    const { topics } = apis.metadata.response.decode(answer ?? Buffer.alloc(0), 12, 5)
    expect(topics.map(({ name }) => name)).toEqual(['a'])
  })

  test('waits for the one before it on the same connection', async () => {
    const { broker, clock, client } = openTestBroker()
    await client.createTopic('a')
    const done: string[] = []
    const slow = client.fetch('a', 0, { maxWaitMs: 100 }).then(() => done.push('fetch'))
    const quick = client.endOffset('a').then(() => done.push('list'))
    const other = new TestClient(broker).endOffset('a').then(() => done.push('other'))
    await clock.advance(101)
    await Promise.all([slow, quick, other])
    expect(done).toEqual(['other', 'fetch', 'list'])
  })
})

test('tells clients the level of transactions, and nothing of one that is off', async () => {
  const named = { clientSoftwareName: 'x', clientSoftwareVersion: '1' }
  const level = async (transactionVersion: 0 | 1 | 2) => {
    const { client } = openTestBroker({ transactionVersion, groupVersion: 0 })
    const { finalizedFeatures } = await client.send(apis.apiVersions, named)
    return finalizedFeatures.map(({ maxVersionLevel }) => maxVersionLevel)
  }
  expect([await level(0), await level(1), await level(2)]).toEqual([[], [1], [2]])
})

test('a closed broker ends its connections and leaves no timer', async () => {
  const { broker, clock, client } = openTestBroker()
  await client.createTopic('a')
  const waiting = client.fetch('a', 0, { maxWaitMs: 100 })
  await clock.advance(1)
  await broker.close()
  await expect(waiting).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
  expect(clock.nextTimerMs()).toBeUndefined()
})

function openReal(config: Partial<BrokerConfig> = {}): Broker {
  return new Broker({
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    requestBytesMax: 10_000,
    ...config,
  })
}

function framed(frame: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(frame.length)
  return Buffer.concat([size, frame])
}

function readOne(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => socket.once('data', resolve))
}

async function readAll(socket: Socket, frames: number): Promise<Buffer[]> {
  let held = Buffer.alloc(0)
  const found: Buffer[] = []
  for await (const chunk of socket) {
    held = Buffer.concat([held, chunk as Buffer])
    while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
      const end = 4 + held.readInt32BE(0)
      found.push(held.subarray(4, end))
      held = held.subarray(end)
    }
    if (found.length >= frames) break
  }
  return found
}

describe('over TCP on loopback', () => {
  test('answers pipelined requests in order, however the bytes are cut, and says where it is', async () => {
    await using broker = openReal()
    const { port } = await broker.listen(0)
    const client = new TestClient(broker)
    await client.createTopic('a')
    const socket = connect(port, '127.0.0.1')
    const bytes = Buffer.concat(
      [0, 1, 2].map(() => framed(client.frame(apis.metadata, { topics: null }, 12))),
    )
    for (let at = 0; at < bytes.length; at += 7) socket.write(bytes.subarray(at, at + 7))
    const answers = await readAll(socket, 3)
    const ids = answers.map((answer) => answer.readInt32BE(0))
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    const [first = Buffer.alloc(0)] = answers
    const { brokers } = apis.metadata.response.decode(first, 12, 5)
    expect(brokers).toEqual([{ nodeId: 1, host: '127.0.0.1', port, rack: null }])
  })

  test('ends a connection that announces too much, without taking memory for it', async () => {
    await using broker = openReal()
    const { port } = await broker.listen(0)
    const socket = connect(port, '127.0.0.1')
    socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff]))
    socket.resume()
    await once(socket, 'close')
    expect(socket.bytesRead).toBe(0)
  })

  test('ends a connection on which nothing happens for long, and none whose request waits', async () => {
    const { broker, client, clock } = openTestBroker({ connectionsIdleMaxMs: 60_000 })
    await client.createTopic('a')
    const { port } = await broker.listen(0)
    const waits = {
      maxWaitMs: 200_000,
      minBytes: 1,
      topics: [{ topic: 'a', partitions: [{ partition: 0 }] }],
    }
    const [idle, waiting] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
    const asked = deferred()
    broker.faults.add({
      api: 'Fetch',
      where: () => {
        asked.resolve()
        return false
      },
      fault: { kind: 'cut', when: 'before' },
    })
    idle.write(framed(client.frame(apis.apiVersions, {}, 0)))
    waiting.write(framed(client.frame(apis.fetch, waits, 12)))
    await Promise.all([readOne(idle), asked.promise])
    const ended = new Promise<string>((resolve) => idle.once('close', () => resolve('idle')))
    await clock.advance(59_000)
    expect([idle.closed, waiting.closed]).toEqual([false, false])
    await clock.advance(2_000)
    expect(await ended).toBe('idle')
    const answer = readOne(waiting)
    await clock.advance(140_000)
    expect((await answer).length).toBeGreaterThan(0)
    await broker.close()
  })

  test('takes no more of a connection than some requests ahead', async () => {
    await using broker = openReal({ requestBytesMax: 10_000_000 })
    const { port } = await broker.listen(0)
    const client = new TestClient(broker)
    await client.createTopic('a')
    const topics = [{ topic: 'a', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }]
    const socket = connect(port, '127.0.0.1')
    socket.write(framed(client.frame(apis.fetch, { maxWaitMs: 60_000, minBytes: 1, topics }, 12)))
    const frameBytes = 4_000_000
    let taken = 0
    for (let i = 0; i < 12; i++) socket.write(framed(Buffer.alloc(frameBytes)), () => taken++)
    await sleep(systemClock, 300)
    expect(taken).toBeLessThan(8)
    socket.destroy()
  })

  test('refuses a port above the highest, also of a further node', async () => {
    await using broker = openReal({ nodes: 2 })
    await expect(broker.listen(65_535)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('names a port that is taken', async () => {
    await using broker = openReal()
    await using second = openReal()
    const { port } = await broker.listen(0)
    await expect(second.listen(port)).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  })

  test('is reached in memory as well', async () => {
    await using broker = openReal()
    const client = new TestClient(broker)
    await client.createTopic('a')
    expect(await client.produce('a', batchOf(['x']))).toMatchObject({ error: 'NONE' })
  })
})
