import { describe, expect, test } from 'vitest'
import { TestCluster } from '../../testing/cluster.ts'
import type { GroupMember, GroupOptions, TopicPartition } from '../contracts.ts'
import { inTurn, producerDefaults, textRecord } from '../fixtures/clients.ts'

/** A member, what it was told, and what it has. */
class Owner {
  readonly member: GroupMember
  readonly events: string[] = []
  readonly owned = new Set<number>()
  readonly userData: string[] = []
  polling = true
  dues = 0
  error: unknown

  constructor(cluster: TestCluster, name: string, options: Partial<GroupOptions> = {}) {
    this.member = cluster.kafka.groupMember({
      groupId: 'g',
      sessionTimeoutMs: 6000,
      rebalanceTimeoutMs: 20_000,
      heartbeatMs: 1000,
      subscription: () => ({ topics: ['t'], userData: Buffer.from(name) }),
      assignor: inTurn('cooperative'),
      listener: {
        onRevoked: async (partitions) => this.#loses('revoked', partitions),
        onLost: async (partitions) => this.#loses('lost', partitions),
        onAssigned: async (partitions, userData) => {
          this.events.push(`assigned ${numbers(partitions)}`)
          this.userData.push(userData.toString())
          for (const { partition } of partitions) this.owned.add(partition)
        },
        onDue: () => this.dues++,
      },
      ...options,
    })
  }

  get has(): string {
    return [0, 1, 2, 3].filter((partition) => this.owned.has(partition)).join()
  }

  async poll(): Promise<void> {
    if (!this.polling) return
    try {
      await this.member.poll()
    } catch (error) {
      this.error = error
      this.polling = false
    }
  }

  #loses(how: string, partitions: readonly TopicPartition[]): void {
    this.events.push(`${how} ${numbers(partitions)}`)
    for (const { partition } of partitions) this.owned.delete(partition)
  }
}

function numbers(partitions: readonly TopicPartition[]): string {
  return partitions
    .map(({ partition }) => partition)
    .toSorted((a, b) => a - b)
    .join()
}

/** Polls the owners until it holds, in virtual time. */
async function until(cluster: TestCluster, owners: readonly Owner[], holds: () => boolean): Promise<void> {
  const endMs = cluster.clock.nowMs() + 120_000
  for (;;) {
    for (const owner of owners) await owner.poll()
    if (holds()) return
    expect(cluster.clock.nowMs()).toBeLessThan(endMs)
    await cluster.advance(5)
  }
}

async function openCluster(seed = 1): Promise<TestCluster> {
  const cluster = new TestCluster({ seed })
  await cluster.createTopic('t', 4)
  return cluster
}

const offset7 = { topic: 't', partition: 0, offset: 7, metadata: 'm' }

test('the first member gets all partitions, with the user data that its assignor gave', async () => {
  await using cluster = await openCluster()
  const owner = new Owner(cluster, 'a')
  await until(cluster, [owner], () => owner.owned.size === 4)
  expect(owner.events).toEqual(['assigned 0,1,2,3'])
  expect(owner.userData).toEqual(['a'])
  expect(owner.member.metadata).toMatchObject({ groupId: 'g', generation: 1 })
})

test('under the cooperative protocol a member keeps what stays its own when another joins', async () => {
  await using cluster = await openCluster()
  const first = new Owner(cluster, 'a')
  await until(cluster, [first], () => first.owned.size === 4)
  const second = new Owner(cluster, 'b')
  await until(cluster, [first, second], () => first.owned.size === 2 && second.owned.size === 2)
  expect(first.events.filter((event) => event.startsWith('revoked'))).toHaveLength(1)
  expect(new Set([...first.owned, ...second.owned])).toEqual(new Set([0, 1, 2, 3]))
})

test('under the eager protocol a member gives up everything before it joins again', async () => {
  await using cluster = await openCluster()
  const assignor = inTurn('eager')
  const first = new Owner(cluster, 'a', { assignor })
  await until(cluster, [first], () => first.owned.size === 4)
  const second = new Owner(cluster, 'b', { assignor })
  await until(cluster, [first, second], () => first.owned.size === 2 && second.owned.size === 2)
  expect(first.events.slice(0, 2)).toEqual(['assigned 0,1,2,3', 'revoked 0,1,2,3'])
})

test('nothing is revoked while the owner does not poll', async () => {
  await using cluster = await openCluster()
  const first = new Owner(cluster, 'a')
  await until(cluster, [first], () => first.owned.size === 4)
  const second = new Owner(cluster, 'b')
  await until(cluster, [second], () => first.member.rebalancing)
  await cluster.advance(5000)
  expect(first.has).toBe('0,1,2,3')
  await until(cluster, [first, second], () => second.owned.size === 2)
})

test('an owner that sleeps hears that a rebalance asks something of it', async () => {
  await using cluster = await openCluster()
  const owners = [new Owner(cluster, 'a')]
  const [owner] = owners as [Owner]
  await until(cluster, owners, () => owner.owned.size === 4)
  await cluster.advance(10_000)
  expect(owner.member.rebalancing).toBe(false)
  const before = owner.dues
  const other = new Owner(cluster, 'b')
  await other.poll()
  await cluster.until(() => owner.dues > before)
  expect(owner.member.rebalancing).toBe(true)
})

test('a member that leaves hands its partitions on at once', async () => {
  await using cluster = await openCluster()
  const owners = [new Owner(cluster, 'a'), new Owner(cluster, 'b')] as const
  await until(cluster, owners, () => owners.every(({ owned }) => owned.size === 2))
  const startMs = cluster.clock.nowMs()
  await cluster.run(owners[1].member.close(true))
  await until(cluster, [owners[0]], () => owners[0].owned.size === 4)
  expect(cluster.clock.nowMs() - startMs).toBeLessThan(3000)
})

test('a static member that leaves while it joins leaves no place behind', async () => {
  await using cluster = await openCluster()
  const owners = [new Owner(cluster, 'a'), new Owner(cluster, 'b', { instanceId: 'two' })] as const
  await until(cluster, owners.slice(0, 1), () => owners[0].owned.size === 4)
  await owners[1].poll()
  const members = async (): Promise<number> =>
    (await cluster.run(cluster.kafka.admin.describeGroup('g')))?.members.length ?? 0
  while ((await members()) < 2) await cluster.advance(5)
  expect(owners[1].member.metadata.memberId).toBe('')
  await cluster.run(owners[1].member.close(true))
  expect(await members()).toBe(1)
})

test('a static member that comes back gets its partitions without a rebalance', async () => {
  await using cluster = await openCluster()
  const former = new Owner(cluster, 'a', { instanceId: 'one' })
  const other = new Owner(cluster, 'b', { instanceId: 'two' })
  await until(cluster, [former, other], () => former.owned.size === 2 && other.owned.size === 2)
  const { generation } = other.member.metadata
  const otherEvents = other.events.length
  await cluster.run(former.member.close(false))
  const next = new Owner(cluster, 'a', { instanceId: 'one' })
  await until(cluster, [next, other], () => next.owned.size === 2)
  expect(next.has).toBe(former.has)
  expect(other.events).toHaveLength(otherEvents)
  expect(next.member.metadata.generation).toBe(generation)
})

test('a static member whose place was taken is fenced, and told that it lost everything', async () => {
  await using cluster = await openCluster()
  const former = new Owner(cluster, 'a', { instanceId: 'one' })
  await until(cluster, [former], () => former.owned.size === 4)
  const next = new Owner(cluster, 'a', { instanceId: 'one' })
  await until(cluster, [former, next], () => next.owned.size === 4 && former.error !== undefined)
  expect(former.error).toMatchObject({ code: 'MEMBER_FENCED' })
  expect(former.events.at(-1)).toBe('lost 0,1,2,3')
})

test('a member that the group has forgotten loses everything, may not commit, and joins as a new one', async () => {
  await using cluster = await openCluster()
  const owner = new Owner(cluster, 'a')
  await until(cluster, [owner], () => owner.owned.size === 4)
  const { memberId } = owner.member.metadata
  const cut = cluster.broker.faults.add({ api: 'Heartbeat', fault: { kind: 'cut', when: 'before' } })
  await cluster.advance(10_000)
  cut.remove()
  await expect(cluster.run(owner.member.commitOffsets([offset7]))).rejects.toMatchObject({
    code: 'MEMBER_FENCED',
  })
  await until(cluster, [owner], () => owner.events.includes('lost 0,1,2,3') && owner.owned.size === 4)
  expect(owner.events).toEqual(['assigned 0,1,2,3', 'lost 0,1,2,3', 'assigned 0,1,2,3'])
  expect(owner.member.metadata.memberId).not.toBe(memberId)
})

test('a static member that a rebalance did not wait for has lost everything, and may not commit it in a later generation', async () => {
  await using cluster = await openCluster()
  const sessionTimeoutMs = 100_000
  const first = new Owner(cluster, 'a', { instanceId: 'one', sessionTimeoutMs })
  await until(cluster, [first], () => first.owned.size === 4)
  const where = ({ body }: { readonly body: unknown }): boolean =>
    (body as { readonly groupInstanceId: string | null }).groupInstanceId === 'one'
  cluster.broker.faults.add({ api: 'JoinGroup', fault: { kind: 'drop', when: 'before' }, where, times: 1 })
  const second = new Owner(cluster, 'b', { instanceId: 'two', sessionTimeoutMs })
  await until(cluster, [first, second], () => second.owned.size > 0)
  expect(first.has).toBe('0,1,2,3')
  const commit = cluster.run(first.member.commitOffsets([offset7]))
  await expect(commit).rejects.toMatchObject({ code: 'MEMBER_FENCED' })
  await until(cluster, [first, second], () => first.owned.size === 2 && second.owned.size === 2)
  expect(first.events.slice(0, 2)).toEqual(['assigned 0,1,2,3', 'lost 0,1,2,3'])
  expect(new Set([...first.owned, ...second.owned])).toEqual(new Set([0, 1, 2, 3]))
  expect((await cluster.run(first.member.fetchOffsets([offset7]))).size).toBe(0)
})

test('the leader has the partitions divided anew when a topic grows', async () => {
  await using cluster = await openCluster()
  const owner = new Owner(cluster, 'a')
  await until(cluster, [owner], () => owner.owned.size === 4)
  await cluster.run(cluster.kafka.admin.createPartitions('t', 6))
  await until(cluster, [owner], () => owner.owned.size === 6)
})

test('what a listener throws ends the membership with that error', async () => {
  await using cluster = await openCluster()
  const listener = {
    onAssigned: () => Promise.reject(new Error('no room')),
    onRevoked: async () => {},
    onLost: async () => {},
  }
  const owner = new Owner(cluster, 'a', { listener })
  await until(cluster, [owner], () => owner.error !== undefined)
  expect(owner.error).toMatchObject({ message: 'no room' })
  await expect(owner.member.poll()).rejects.toMatchObject({ message: 'no room' })
})

describe('offsets', () => {
  test('a commit made while the group gathers is made again in the new generation', async () => {
    await using cluster = await openCluster()
    const first = new Owner(cluster, 'a')
    await until(cluster, [first], () => first.owned.size === 4)
    const delay = { kind: 'delay', minMs: 4000, maxMs: 4000, when: 'before' } as const
    cluster.broker.faults.add({ api: 'OffsetCommit', fault: delay, times: 1 })
    const commit = first.member.commitOffsets([offset7])
    const second = new Owner(cluster, 'b')
    await until(cluster, [first, second], () => second.owned.size === 2)
    await cluster.run(commit)
    const offsets = await cluster.run(second.member.fetchOffsets([offset7, { topic: 't', partition: 1 }]))
    expect([...offsets]).toEqual([['t-0', { ...offset7 }]])
  })

  test('a commit whose refusal overtakes the answer to the join waits for the new generation', async () => {
    await using cluster = await openCluster()
    const first = new Owner(cluster, 'a')
    await until(cluster, [first], () => first.owned.size === 4)
    const { generation } = first.member.metadata
    const delay = { kind: 'delay', minMs: 500, maxMs: 500, when: 'after' } as const
    const where = ({ body }: { readonly body: unknown }): boolean =>
      (body as { readonly memberId: string }).memberId === first.member.metadata.memberId
    const late = cluster.broker.faults.add({ api: 'JoinGroup', fault: delay, where, times: 1 })
    const second = new Owner(cluster, 'b')
    await until(cluster, [first, second], () => late.hits === 1)
    await cluster.advance(50)
    expect(first.member.metadata.generation).toBe(generation)
    await cluster.run(first.member.commitOffsets([offset7]))
    expect(first.member.metadata.generation).toBe(generation + 1)
    const offsets = await cluster.run(first.member.fetchOffsets([offset7]))
    expect([...offsets]).toEqual([['t-0', { ...offset7 }]])
  })

  test('reading them waits for the end of a transaction on them', async () => {
    await using cluster = await openCluster()
    const owner = new Owner(cluster, 'a')
    await until(cluster, [owner], () => owner.owned.size === 4)
    const producer = cluster.kafka.producer({
      ...producerDefaults,
      transactional: { id: 'tx', timeoutMs: 10_000 },
    })
    await cluster.run(producer.init())
    await cluster.run(producer.partitionCount('t'))
    producer.append('t', textRecord('a'))
    const delay = { kind: 'delay', minMs: 3000, maxMs: 3000, when: 'before' } as const
    const late = cluster.broker.faults.add({ api: 'EndTxn', fault: delay, times: 1 })
    const commit = producer.commit([offset7], owner.member.metadata)
    await cluster.until(() => late.hits === 1)
    const startMs = cluster.clock.nowMs()
    const offsets = await cluster.run(owner.member.fetchOffsets([offset7]))
    expect(cluster.clock.nowMs() - startMs).toBeGreaterThan(2500)
    expect(offsets.get('t-0')).toEqual({ ...offset7 })
    await cluster.run(commit)
  })
})

describe('a topic that the brokers do not tell of', () => {
  const refused = (error: 'TOPIC_AUTHORIZATION_FAILED' | 'INVALID_TOPIC_EXCEPTION') =>
    ({ kind: 'error', error, when: 'instead' }) as const

  test.each([
    ['TOPIC_AUTHORIZATION_FAILED', 'NOT_AUTHORIZED'],
    ['INVALID_TOPIC_EXCEPTION', 'TOPIC_INVALID'],
  ] as const)('fails the member where it never will (%s)', async (error, code) => {
    await using cluster = await openCluster()
    cluster.broker.faults.add({ api: 'Metadata', fault: refused(error) })
    const owner = new Owner(cluster, 'a', {
      subscription: () => ({ topics: ['secret'], userData: Buffer.alloc(0) }),
    })
    await until(cluster, [owner], () => owner.error !== undefined)
    expect(owner.error).toMatchObject({ code, message: `could not use topic "secret" (${error})` })
  })

  test('fails the leader that may not divide it any more, after it has given up what it had', async () => {
    await using cluster = await openCluster()
    const first = new Owner(cluster, 'a')
    await until(cluster, [first], () => first.owned.size === 4)
    cluster.broker.faults.add({ api: 'Metadata', fault: refused('TOPIC_AUTHORIZATION_FAILED') })
    first.member.rejoin()
    await until(cluster, [first], () => first.error !== undefined)
    expect(first.error).toMatchObject({ code: 'NOT_AUTHORIZED' })
    expect(first.events).toEqual(['assigned 0,1,2,3', 'lost 0,1,2,3'])
  })

  test('is waited for where it may come', async () => {
    await using cluster = await openCluster()
    const owner = new Owner(cluster, 'a', {
      subscription: () => ({ topics: ['later'], userData: Buffer.alloc(0) }),
    })
    await until(cluster, [owner], () => owner.events.length > 0)
    expect(owner.has).toBe('')
    await cluster.createTopic('later', 2)
    await until(cluster, [owner], () => owner.has === '0,1')
    expect(owner.error).toBeUndefined()
  })
})

test.each([1, 2, 3, 4])('members agree in the end whatever is lost on the way (seed %i)', async (seed) => {
  await using cluster = await openCluster(seed)
  const api = ['JoinGroup', 'SyncGroup', 'Heartbeat', 'FindCoordinator']
  cluster.broker.faults.add({ api, fault: { kind: 'cut', when: 'after' }, probability: 0.1 })
  cluster.broker.faults.add({ api, fault: { kind: 'cut', when: 'before' }, probability: 0.1 })
  const error = { kind: 'error', error: 'NOT_COORDINATOR', when: 'instead' } as const
  cluster.broker.faults.add({ api, fault: error, probability: 0.1 })
  const owners = ['a', 'b', 'c'].map((name) => new Owner(cluster, name))
  for (let i = 0; i < 500; i++) {
    for (const owner of owners) await owner.poll()
    const all = owners.flatMap(({ owned }) => [...owned])
    expect(new Set(all).size).toBe(all.length)
    await cluster.advance(20)
  }
  cluster.broker.faults.clear()
  const total = (): number => owners.reduce((sum, { owned }) => sum + owned.size, 0)
  const even = (): boolean => total() === 4 && owners.every(({ owned }) => owned.size > 0)
  await until(cluster, owners, even)
  expect(owners.map(({ error }) => error)).toEqual([undefined, undefined, undefined])
})
