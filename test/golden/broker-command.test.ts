/** `weft broker` as people start it: a process of its own, on ports of the loopback. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, Producer, stringSerializers } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import { startWeft, type WeftProcess } from '../weft-process.ts'

test('a cluster of several nodes says where they are, has its topics, and ends in order', async () => {
  const weft = startWeft(['broker', '--port', '0', '--nodes', '3', '--topics', 'orders:6,users'])
  while (!weft.stdout().includes('topic users')) {
    expect(weft.stderr()).toBe('')
    await sleep(50)
  }
  const [first = '', ...topics] = weft.stdout().trim().split('\n')
  expect(topics).toEqual(['topic orders, 6 partitions', 'topic users, 1 partitions'])
  const addresses = [...first.matchAll(/127\.0\.0\.1:\d+/g)].map(([address]) => address)
  expect(addresses.length).toBe(3)
  {
    // From any of them a client finds all.
    await using cluster = openCluster({ bootstrap: addresses[2] ?? '' }, silentLogger)
    const [orders] = await cluster.kafka.admin.describeTopics(['orders'])
    expect(new Set(orders?.partitions.map(({ leader }) => leader))).toEqual(new Set([1, 2, 3]))
  }
  expect((await weft.stop()).code).toBe(0)
})

test.each([
  ['is made, as Apache Kafka does', [], 1],
  ['is refused where that is told', ['--no-auto-create'], undefined],
] as const)('a topic that a client asks for %s', async (_, options, partitions) => {
  const weft = startWeft(['broker', '--port', '0', ...options])
  while (!weft.stdout().includes('listening on')) await sleep(50)
  const [address = ''] = /127\.0\.0\.1:\d+/.exec(weft.stdout()) ?? []
  const admin = new Admin({ clientId: 'asking', bootstrapBrokers: [address], retries: 0 })
  const asked = { topics: ['orders'], autocreateTopics: true }
  const found = await admin.metadata(asked).catch(() => undefined)
  expect(found?.topics.get('orders')?.partitionsCount).toBe(partitions)
  await admin.close()
  expect((await weft.stop()).code).toBe(0)
})

test('records in memory take no more than is told; what does not fit is refused', async () => {
  const weft = startWeft(['broker', '--port', '0', '--topics', 'orders', '--memory', '64KiB'])
  while (!weft.stdout().includes('topic orders')) await sleep(50)
  const [address = ''] = /127\.0\.0\.1:\d+/.exec(weft.stdout()) ?? []
  const producer = new Producer({
    clientId: 'filling',
    bootstrapBrokers: [address],
    serializers: stringSerializers,
    retries: 0,
  })
  const send = (value: string): Promise<unknown> =>
    producer.send({ messages: [{ topic: 'orders', key: 'a', value }] })
  await send('x'.repeat(30_000))
  await expect(send('x'.repeat(60_000))).rejects.toThrow()
  // Its log comes by another way than the answer.
  await expect.poll(() => weft.stderr()).toContain('memory for records is full')
  await send('x'.repeat(30_000))
  await producer.close()
  expect((await weft.stop()).code).toBe(0)
})

test('schemas that a registry took outlive kill -9, with their ids', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-registry-'))
  const begin = async (): Promise<readonly [WeftProcess, string]> => {
    const weft = startWeft(['broker', '--port', '0', '--registry', '0', '--data-dir', folder])
    while (!weft.stdout().includes('schema registry listening on')) await sleep(50)
    const [, url = ''] = /schema registry listening on (\S+)/.exec(weft.stdout()) ?? []
    return [weft, url]
  }
  const versions = (url: string, subject: string): string => `${url}/subjects/${subject}/versions`
  const register = async (url: string, subject: string, schema: string): Promise<unknown> => {
    const body = JSON.stringify({ schema })
    const answer = await fetch(versions(url, subject), { method: 'POST', body })
    return ((await answer.json()) as { readonly id: number }).id
  }
  const [first, before] = await begin()
  expect(await register(before, 'orders-key', '"long"')).toBe(1)
  expect(await register(before, 'orders-value', '"string"')).toBe(2)
  await first.kill()
  const [second, after] = await begin()
  const kept = await fetch(`${versions(after, 'orders-value')}/latest`)
  expect(await kept.json()).toMatchObject({ subject: 'orders-value', version: 1, id: 2, schema: '"string"' })
  expect(await register(after, 'orders-key', '"long"')).toBe(1)
  expect(await register(after, 'users-key', '"int"')).toBe(3)
  expect((await second.stop()).code).toBe(0)
  rmSync(folder, { recursive: true })
})
