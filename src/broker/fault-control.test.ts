import { describe, expect, test } from 'vitest'
import { silentLogger } from '../base/logger.ts'
import { seededRandom } from '../base/random.ts'
import type { Api } from '../protocol/api.ts'
import { apis } from '../protocol/apis.ts'
import { FaultControl, type InterceptedRequest } from './fault-control.ts'
import { batchOf, openTestBroker, TestClient } from './fixtures/test-broker.ts'

const request: InterceptedRequest = { api: 'Produce', apiVersion: 12, nodeId: 1, clientId: 'p', body: {} }
const cutBefore = { kind: 'cut', when: 'before' } as const

describe('a rule', () => {
  test('fits by API, node, client and condition', () => {
    const faults = new FaultControl(seededRandom(1))
    const fits = (rule: object): boolean => {
      faults.clear()
      faults.add({ fault: cutBefore, ...rule })
      return faults.choose(request) !== undefined
    }
    expect([
      fits({}),
      fits({ api: 'Produce' }),
      fits({ api: ['Fetch', 'Produce'] }),
      fits({ api: 'Fetch' }),
    ]).toEqual([true, true, true, false])
    expect([fits({ nodeId: 1 }), fits({ nodeId: 2 })]).toEqual([true, false])
    expect([fits({ clientId: 'p' }), fits({ clientId: /^p/ }), fits({ clientId: 'q' })]).toEqual([
      true,
      true,
      false,
    ])
    expect([fits({ where: () => false })]).toEqual([false])
  })

  test('passes some requests, breaks so many, and is used up', () => {
    const faults = new FaultControl(seededRandom(1))
    const rule = faults.add({ fault: cutBefore, skip: 1, times: 2 })
    const broken = Array.from({ length: 5 }, () => faults.choose(request) !== undefined)
    expect(broken).toEqual([false, true, true, false, false])
    expect(rule.hits).toBe(2)
  })

  test('throws dice that fall the same for the same seed', () => {
    const run = (): boolean[] => {
      const faults = new FaultControl(seededRandom(7))
      faults.add({ fault: cutBefore, probability: 0.5 })
      return Array.from({ length: 50 }, () => faults.choose(request) !== undefined)
    }
    expect(run()).toEqual(run())
    expect(new Set(run())).toEqual(new Set([true, false]))
  })

  test('is over when it is removed', () => {
    const faults = new FaultControl(seededRandom(1))
    faults.add({ fault: cutBefore }).remove()
    expect(faults.choose(request)).toBeUndefined()
  })
})

describe('a request', () => {
  test('that is dropped, or whose answer is, is never answered, nor anything behind it', async () => {
    const { broker, clock, client } = openTestBroker()
    await client.createTopic('a')
    const ends: number[] = []
    for (const when of ['before', 'after'] as const) {
      broker.faults.add({ api: 'Produce', fault: { kind: 'drop', when }, times: 1 })
      const other = new TestClient(broker)
      const settled = Promise.allSettled([other.produce('a', batchOf(['x'])), other.endOffset('a')])
      await clock.advance(3_600_000)
      other.connection.close()
      expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      ends.push(await client.endOffset('a'))
    }
    expect(ends).toEqual([0, 1])
  })

  test('that is delayed takes effect later, or is answered later', async () => {
    const { broker, clock, client } = openTestBroker()
    await client.createTopic('a')
    const seen = async (when: 'before' | 'after'): Promise<number> => {
      broker.faults.add({ api: 'Produce', fault: { kind: 'delay', minMs: 100, maxMs: 200, when }, times: 1 })
      const writing = new TestClient(broker).produce('a', batchOf(['x']))
      await clock.advance(50)
      const end = await client.endOffset('a')
      await clock.advance(200)
      await writing
      return end
    }
    expect([await seen('before'), await seen('after')]).toEqual([0, 2])
  })

  test('that is duplicated takes effect twice', async () => {
    const { broker, client } = openTestBroker()
    await client.createTopic('a')
    broker.faults.add({ api: 'Produce', fault: { kind: 'duplicate' }, times: 1 })
    expect(await client.produce('a', batchOf(['x']))).toMatchObject({ baseOffset: 1 })
  })

  test('that is throttled takes effect, and its answer says for how long', async () => {
    const { broker, client } = openTestBroker()
    await client.createTopic('a')
    broker.faults.add({ api: 'FindCoordinator', fault: { kind: 'throttle', throttleMs: 250 }, times: 1 })
    const request = { coordinatorKeys: ['g'] }
    expect(await client.send(apis.findCoordinator, request)).toMatchObject({
      throttleTimeMs: 250,
      coordinators: [{ key: 'g', errorCode: 0 }],
    })
    expect(await client.send(apis.findCoordinator, request)).toMatchObject({ throttleTimeMs: 0 })
  })

  test('can be answered with an error, without its effect or in spite of it', async () => {
    const { broker, client } = openTestBroker()
    await client.createTopic('a')
    for (const when of ['instead', 'after'] as const) {
      broker.faults.add({
        api: 'Produce',
        fault: { kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER', when },
        times: 1,
      })
      expect(await client.produce('a', batchOf(['x']))).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER' })
    }
    expect(await client.endOffset('a')).toBe(1)
  })

  test('can cost the connection, before its effect or after it', async () => {
    const { broker, client } = openTestBroker()
    await client.createTopic('a')
    for (const when of ['before', 'after'] as const) {
      broker.faults.add({ api: 'Produce', fault: { kind: 'cut', when }, times: 1 })
      const writing = new TestClient(broker).produce('a', batchOf(['x']))
      await expect(writing).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    }
    expect(await client.endOffset('a')).toBe(1)
  })
})

/** Requests that are not empty where an empty one would not be answered, or would have no place for an error. */
const filled: Readonly<Record<string, object>> = {
  Produce: { acks: 1 },
  Fetch: { topics: [{ partitions: [{ partition: 0 }] }] },
}
const offered = (Object.values(apis) as Api[]).filter(({ name }) => !name.startsWith('Sasl'))

test.each(offered)('$name can be answered with an error in each version', async (api) => {
  const { broker, client } = openTestBroker()
  broker.faults.add({ api: api.name, fault: { kind: 'error', error: 'NOT_COORDINATOR', when: 'instead' } })
  for (let version = api.minVersion; version <= api.maxVersion; version++)
    expect(await client.send(api, filled[api.name] ?? {}, version)).toBeDefined()
})

test.each(offered)('$name is answered in each version', async (api) => {
  const { client } = openTestBroker()
  for (let version = api.minVersion; version <= api.maxVersion; version++)
    expect(await client.send(api, filled[api.name] ?? {}, version)).toBeDefined()
})

test('a condition that throws ends the connection, and is told in the log', async () => {
  const errors: unknown[] = []
  const logger = {
    ...silentLogger,
    error: (message: string, fields?: object) => errors.push({ message, ...fields }),
  }
  const { broker, client } = openTestBroker({ logger })
  const where = (): boolean => {
    throw new TypeError('no such field')
  }
  const rule = broker.faults.add({ fault: cutBefore, where })
  await expect(client.createTopic('a')).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
  expect(errors).toEqual([expect.objectContaining({ reason: expect.stringContaining('no such field') })])
  rule.remove()
  expect(await new TestClient(broker).createTopic('a')).not.toBe('')
})
