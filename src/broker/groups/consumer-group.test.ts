import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf } from '../../protocol/apis.ts'
import { errorOf, openTestBroker, TestClient, type TestBroker } from '../fixtures/test-broker.ts'

type Beat = DeepPartial<RequestOf<typeof apis.consumerGroupHeartbeat>>
type Parts = Map<string, number[]>

const sessionMs = 45_000

/** A consumer by the new protocol, which gives up and takes what it is told. */
class Consumer {
  readonly client: TestClient
  readonly instanceId: string | null
  memberId: string
  epoch = 0
  topics: string[]
  owned: Parts = new Map()
  #asked: Parts | undefined

  constructor(
    { broker }: Pick<TestBroker, 'broker'>,
    memberId: string,
    change: { topics?: string[]; instanceId?: string } = {},
  ) {
    this.client = new TestClient(broker, memberId)
    this.memberId = memberId
    this.topics = change.topics ?? ['a']
    this.instanceId = change.instanceId ?? null
  }

  /** A full heartbeat. */
  async beat(change: Beat = {}) {
    const answer = await this.client.send(
      apis.consumerGroupHeartbeat,
      this.#request(change),
      this.memberId === '' ? 0 : 1,
    )
    if (answer.errorCode === 0 && answer.memberEpoch >= 0) {
      this.epoch = answer.memberEpoch
      this.memberId = answer.memberId ?? ''
      if (answer.assignment !== null)
        this.#asked = new Map(
          answer.assignment.topicPartitions.map(({ topicId, partitions }) => [topicId, [...partitions]]),
        )
    }
    return answer
  }

  /** Does what it was told with the last answer. */
  obey(): void {
    this.owned = this.#asked ?? this.owned
  }

  async join() {
    this.epoch = 0
    this.owned = new Map()
    const answer = await this.beat()
    this.obey()
    return answer
  }

  leave(epoch = -1) {
    return this.beat({ memberEpoch: epoch })
  }

  commit(offset: number, epoch = this.epoch, partitionIndex = 0) {
    const topics = [{ name: 'a', partitions: [{ partitionIndex, committedOffset: offset }] }]
    const request = { groupId: 'g', memberId: this.memberId, generationIdOrMemberEpoch: epoch, topics }
    return this.client.send(apis.offsetCommit, request, 9)
  }

  get partitions(): string[] {
    return [...this.owned]
      .flatMap(([topic, numbers]) => numbers.map((partition) => `${topic}:${partition}`))
      .toSorted()
  }

  #request(change: Beat): Beat {
    const topicPartitions = [...this.owned].map(([topicId, partitions]) => ({ topicId, partitions }))
    return {
      groupId: 'g',
      memberId: this.memberId,
      memberEpoch: this.epoch,
      instanceId: this.instanceId,
      rebalanceTimeoutMs: 30_000,
      subscribedTopicNames: this.topics,
      topicPartitions: this.epoch === 0 ? [] : topicPartitions,
      ...change,
    }
  }
}

async function openGroup(partitions = 4) {
  const setup = openTestBroker()
  await setup.client.createTopic('a', partitions)
  const consumer = (memberId: string, change: { topics?: string[]; instanceId?: string } = {}): Consumer =>
    new Consumer(setup, memberId, change)
  const describeGroup = async () => {
    const { groups } = await setup.client.send(apis.consumerGroupDescribe, { groupIds: ['g'] })
    return groups[0]
  }
  return { ...setup, consumer, describeGroup }
}

/** Heartbeats of all in turn until nothing changes any more. */
async function settle(consumers: readonly Consumer[]): Promise<void> {
  for (let round = 0; round < 12; round++)
    for (const consumer of consumers) {
      await consumer.beat()
      consumer.obey()
    }
}

describe('a consumer group', () => {
  test('gives its first member everything at once', async () => {
    const { consumer, describeGroup } = await openGroup()
    const one = consumer('one')
    const answer = await one.join()
    expect(answer).toMatchObject({ errorCode: 0, memberId: 'one', memberEpoch: 1, heartbeatIntervalMs: 5000 })
    expect(one.partitions.length).toBe(4)
    expect(await describeGroup()).toMatchObject({
      groupState: 'Stable',
      groupEpoch: 1,
      assignmentEpoch: 1,
      assignorName: 'uniform',
      members: [{ memberId: 'one', memberEpoch: 1, subscribedTopicNames: ['a'] }],
    })
  })

  test('draws an id for a member without one', async () => {
    const { consumer } = await openGroup()
    expect((await consumer('').join()).memberId).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('moves partitions one step at a time: given up first, then taken', async () => {
    const { consumer, describeGroup } = await openGroup()
    const [one, two] = [consumer('one'), consumer('two')]
    await one.join()
    expect(await two.join()).toMatchObject({ memberEpoch: 2 })
    expect(two.partitions).toEqual([])
    expect((await describeGroup())?.groupState).toBe('Reconciling')
    // Told to give two up, it stays in its epoch until it has.
    expect(await one.beat()).toMatchObject({ memberEpoch: 1 })
    expect(await one.beat()).toMatchObject({ memberEpoch: 1 })
    await two.beat()
    two.obey()
    expect(two.partitions).toEqual([])
    one.obey()
    expect(await one.beat()).toMatchObject({ memberEpoch: 2 })
    await two.beat()
    two.obey()
    expect([one, two].map(({ partitions }) => partitions.length)).toEqual([2, 2])
    expect(new Set([...one.partitions, ...two.partitions]).size).toBe(4)
    expect((await describeGroup())?.groupState).toBe('Stable')
  })

  test('says nothing of an assignment that the member knows, unless it asks with everything', async () => {
    const { consumer } = await openGroup()
    const one = consumer('one')
    await one.join()
    const short = { rebalanceTimeoutMs: -1, subscribedTopicNames: null, topicPartitions: null }
    expect((await one.beat(short)).assignment).toBeNull()
    expect((await one.beat()).assignment?.topicPartitions.length).toBe(1)
  })

  test('goes on without a member that left', async () => {
    const { consumer } = await openGroup()
    const [one, two] = [consumer('one'), consumer('two')]
    await one.join()
    await two.join()
    await settle([one, two])
    expect(await two.leave()).toMatchObject({ errorCode: 0, memberEpoch: -1 })
    await settle([one])
    expect(one.partitions.length).toBe(4)
  })

  test('gives up a member that is silent for its session, and one that does not give up in time', async () => {
    const { consumer, clock, describeGroup } = await openGroup()
    const [one, two] = [consumer('one'), consumer('two')]
    await one.join()
    await two.join()
    await one.beat()
    // Its session lives, but it keeps what it was told to give up.
    for (let ms = 0; ms < 30_000; ms += 5000) {
      await one.beat()
      await two.beat()
      await clock.advance(5000)
    }
    expect((await describeGroup())?.members.map(({ memberId }) => memberId)).toEqual(['two'])
    expect(errorOf(await one.beat())).toBe('UNKNOWN_MEMBER_ID')
    await clock.advance(sessionMs)
    expect(await describeGroup()).toMatchObject({ groupState: 'Empty', members: [] })
  })

  test('follows topics that come and grow', async () => {
    const { consumer, client } = await openGroup()
    const one = consumer('one', { topics: ['a', 'later'] })
    await one.join()
    expect(one.partitions.length).toBe(4)
    await client.createTopic('later', 2)
    await client.send(apis.createPartitions, { topics: [{ name: 'a', count: 5, assignments: null }] })
    await settle([one])
    expect(one.partitions.length).toBe(7)
  })

  test('fences who has another epoch, but not who missed the last answer', async () => {
    const { consumer } = await openGroup()
    const [one, two] = [consumer('one'), consumer('two')]
    await one.join()
    await two.join()
    await settle([one, two])
    expect(errorOf(await one.beat({ memberEpoch: one.epoch + 1 }))).toBe('FENCED_MEMBER_EPOCH')
    expect(errorOf(await one.beat({ memberEpoch: one.epoch - 1 }))).toBe('NONE')
    await two.leave()
    await settle([one])
    expect(errorOf(await one.beat({ memberEpoch: 1 }))).toBe('FENCED_MEMBER_EPOCH')
    expect(errorOf(await one.join())).toBe('NONE')
    await settle([one])
    expect(one.partitions.length).toBe(4)
  })

  test('takes offsets from members in their epoch, and from anyone while there are none', async () => {
    const { consumer, client } = await openGroup()
    const one = consumer('one')
    await one.join()
    const errors = async (offset: number, epoch?: number) =>
      (await one.commit(offset, epoch)).topics[0]?.partitions.map(errorOf)
    expect(await errors(3)).toEqual(['NONE'])
    expect(await errors(4, one.epoch + 1)).toEqual(['STALE_MEMBER_EPOCH'])
    expect(await errors(4, -1)).toEqual(['STALE_MEMBER_EPOCH'])
    const fetch = { groupId: 'g', topics: [{ name: 'a', partitionIndexes: [0] }] }
    const fetchAs = async (memberId: string | null, memberEpoch: number) =>
      (await client.send(apis.offsetFetch, { groups: [{ ...fetch, memberId, memberEpoch }] }, 9)).groups[0]
    expect((await fetchAs('one', one.epoch))?.topics[0]?.partitions[0]?.committedOffset).toBe(3)
    expect(errorOf(await fetchAs('one', 9))).toBe('STALE_MEMBER_EPOCH')
    expect(errorOf(await fetchAs('who', 1))).toBe('UNKNOWN_MEMBER_ID')
    expect(errorOf(await fetchAs(null, -1))).toBe('NONE')
    await one.leave()
    expect(await errors(5, -1)).toEqual(['NONE'])
  })

  test('takes offsets of an epoch that is over, but for partitions that came to their member later', async () => {
    const { consumer } = await openGroup(2)
    const [one, two] = [consumer('one'), consumer('two')]
    await settle([one])
    const before = one.epoch
    await two.join()
    await settle([one, two])
    expect(one.epoch).toBeGreaterThan(before)
    const [kept, gone] = one.partitions[0]?.endsWith(':0') === true ? [0, 1] : [1, 0]
    const errorsOf = async (who: Consumer, partitionIndex: number, epoch: number) =>
      errorOf((await who.commit(3, epoch, partitionIndex)).topics[0]?.partitions[0])
    expect(await errorsOf(one, kept, before)).toBe('NONE')
    expect(await errorsOf(one, gone, before)).toBe('STALE_MEMBER_EPOCH')
    expect(await errorsOf(one, kept, before - 1)).toBe('STALE_MEMBER_EPOCH')
    expect(await errorsOf(two, gone, two.epoch)).toBe('NONE')
    expect(await errorsOf(two, gone, before)).toBe('STALE_MEMBER_EPOCH')
    await two.leave()
    await settle([one])
    expect(one.partitions.length).toBe(2)
    expect(await errorsOf(one, gone, one.epoch - 1)).toBe('STALE_MEMBER_EPOCH')
    expect(await errorsOf(one, kept, before)).toBe('NONE')
  })

  test('takes offsets of an epoch that is over for what a member is still to give up', async () => {
    const { consumer } = await openGroup(2)
    const [one, two] = [consumer('one'), consumer('two', { topics: ['elsewhere'] })]
    await settle([one])
    const before = one.epoch
    await two.join()
    await settle([one, two])
    two.topics = ['a']
    await two.beat()
    await one.beat()
    expect(one.epoch).toBeGreaterThan(before)
    expect(two.partitions).toEqual([])
    for (const partition of [0, 1])
      expect(errorOf((await one.commit(3, before, partition)).topics[0]?.partitions[0])).toBe('NONE')
  })

  test('tells a member by pattern again what it has when it says all that it knows', async () => {
    const { consumer } = await openGroup()
    const one = consumer('one')
    const byPattern = { subscribedTopicNames: null, subscribedTopicRegex: 'a' }
    await one.beat(byPattern)
    one.obey()
    expect((await one.beat(byPattern)).assignment?.topicPartitions.length).toBe(1)
    const little = { ...byPattern, rebalanceTimeoutMs: -1 }
    expect((await one.beat(little)).assignment).toBeNull()
  })

  test('refuses what it cannot make sense of', async () => {
    const { consumer } = await openGroup()
    const one = consumer('one')
    const first = async (change: Beat) => errorOf(await one.beat({ memberEpoch: 0, ...change }))
    expect(await first({ groupId: '' })).toBe('INVALID_REQUEST')
    expect(await first({ rebalanceTimeoutMs: -1 })).toBe('INVALID_REQUEST')
    expect(await first({ subscribedTopicNames: [] })).toBe('INVALID_REQUEST')
    expect(await first({ topicPartitions: null })).toBe('INVALID_REQUEST')
    expect(await first({ memberEpoch: -3 })).toBe('INVALID_REQUEST')
    expect(await first({ memberEpoch: 1, memberId: '' })).toBe('INVALID_REQUEST')
    expect(await first({ memberEpoch: -2 })).toBe('INVALID_REQUEST')
    expect(await first({ instanceId: '' })).toBe('INVALID_REQUEST')
    expect(await first({ serverAssignor: 'sticky' })).toBe('UNSUPPORTED_ASSIGNOR')
    expect(await first({ memberEpoch: 5 })).toBe('GROUP_ID_NOT_FOUND')
  })

  test('that is there without members, as after a restart, has its members join again', async () => {
    const { client, consumer } = await openGroup()
    const request = {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      topics: [{ name: 'a', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }],
    }
    await client.send(apis.offsetCommit, request, 9)
    expect(errorOf(await consumer('one').beat({ memberEpoch: 5 }))).toBe('UNKNOWN_MEMBER_ID')
  })

  test('has a limit of members', async () => {
    const setup = openTestBroker({ groupSizeMax: 1 })
    await setup.client.createTopic('a')
    expect(errorOf(await new Consumer(setup, 'one').join())).toBe('NONE')
    expect(errorOf(await new Consumer(setup, 'two').join())).toBe('GROUP_MAX_SIZE_REACHED')
  })

  test('is not offered below its feature level', async () => {
    const setup = openTestBroker({ groupVersion: 0 })
    expect(errorOf(await new Consumer(setup, 'one').join())).toBe('UNSUPPORTED_VERSION')
  })
})

describe('a static member', () => {
  test('comes back under another id to what was kept for it, without a new epoch', async () => {
    const { consumer, describeGroup } = await openGroup()
    const [one, other] = [consumer('one', { instanceId: 'i' }), consumer('other')]
    await one.join()
    await other.join()
    await settle([one, other])
    const kept = one.partitions
    const before = (await describeGroup())?.groupEpoch
    expect(await one.leave(-2)).toMatchObject({ errorCode: 0, memberEpoch: -2 })
    await settle([other])
    expect(other.partitions.length).toBe(2)
    const again = consumer('one-again', { instanceId: 'i' })
    expect(errorOf(await again.join())).toBe('NONE')
    expect(again.partitions).toEqual(kept)
    expect((await describeGroup())?.groupEpoch).toBe(before)
    expect(errorOf(await one.beat())).toBe('FENCED_INSTANCE_ID')
  })

  test('is not replaced while it is there', async () => {
    const { consumer } = await openGroup()
    await consumer('one', { instanceId: 'i' }).join()
    expect(errorOf(await consumer('two', { instanceId: 'i' }).join())).toBe('UNRELEASED_INSTANCE_ID')
  })

  test('that does not come back in its session is gone', async () => {
    const { consumer, clock, describeGroup } = await openGroup()
    const one = consumer('one', { instanceId: 'i' })
    await one.join()
    await one.leave(-2)
    await clock.advance(sessionMs)
    expect((await describeGroup())?.members).toEqual([])
    expect(errorOf(await one.beat({ memberEpoch: 1 }))).toBe('UNKNOWN_MEMBER_ID')
  })
})

describe('the two kinds of groups', () => {
  const classicJoin = (client: TestClient) =>
    client.send(
      apis.joinGroup,
      {
        groupId: 'g',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 10_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      },
      3,
    )

  test('do not mix: who comes by the other protocol is refused while there are members', async () => {
    const { consumer, client } = await openGroup()
    await consumer('one').join()
    expect(errorOf(await classicJoin(client))).toBe('INCONSISTENT_GROUP_PROTOCOL')
    const classic = await openGroup()
    await classicJoin(classic.client)
    expect(errorOf(await classic.consumer('one').join())).toBe('GROUP_ID_NOT_FOUND')
  })

  test('turn into each other without members, and keep their offsets', async () => {
    const { consumer, client } = await openGroup()
    const one = consumer('one')
    await one.join()
    await one.commit(7)
    await one.leave()
    expect(errorOf(await classicJoin(client))).toBe('NONE')
    const groups = [{ groupId: 'g', topics: [{ name: 'a', partitionIndexes: [0] }] }]
    const fetched = await client.send(apis.offsetFetch, { groups }, 9)
    expect(fetched.groups[0]?.topics[0]?.partitions[0]?.committedOffset).toBe(7)
  })

  test('are told apart where groups are listed and described', async () => {
    const { consumer, client } = await openGroup()
    await consumer('one').join()
    const list = async (request: object) =>
      (await client.send(apis.listGroups, request)).groups.map(({ groupId, groupType }) => [
        groupId,
        groupType,
      ])
    expect(await list({})).toEqual([['g', 'consumer']])
    expect(await list({ typesFilter: ['Consumer'], statesFilter: ['Stable'] })).toEqual([['g', 'consumer']])
    expect(await list({ typesFilter: ['classic'] })).toEqual([])
    const { groups } = await client.send(apis.describeGroups, { groups: ['g'] })
    expect(groups.map(errorOf)).toEqual(['GROUP_ID_NOT_FOUND'])
    const deleted = await client.send(apis.deleteGroups, { groupsNames: ['g'] })
    expect(deleted.results.map(errorOf)).toEqual(['NON_EMPTY_GROUP'])
    const topics = [{ name: 'a', partitions: [{ partitionIndex: 0 }] }]
    const forgotten = await client.send(apis.offsetDelete, { groupId: 'g', topics })
    expect(forgotten.topics[0]?.partitions.map(errorOf)).toEqual(['GROUP_SUBSCRIBED_TO_TOPIC'])
  })
})

async function forgetFenced(members: Set<Consumer>): Promise<void> {
  for (const member of members) if ((await member.beat()).errorCode !== 0) members.delete(member)
}

const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('join' as const), who: fc.nat(4) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('leave' as const, 'vanish' as const), who: fc.nat(4) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('beat' as const, 'obey' as const), who: fc.nat(4) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), who: fc.nat(60_000) }) },
)

property.prop([fc.array(step, { maxLength: 60 })], { numRuns: 40 })(
  'no partition is ever given to two members, and all have their share once nothing changes',
  async (steps) => {
    const { consumer, clock } = await openGroup(7)
    const consumers = Array.from({ length: 5 }, (_, index) => consumer(`m${index}`))
    const there = new Set<Consumer>()
    for (const { kind, who } of steps) {
      const one = consumers[who % consumers.length] as Consumer
      if (kind === 'wait') await clock.advance(who)
      else if (kind === 'join') {
        await one.join()
        there.add(one)
      } else if (kind === 'leave') {
        await one.leave()
        there.delete(one)
      } else if (kind === 'vanish') there.delete(one)
      else if (there.has(one)) {
        if (kind === 'obey') one.obey()
        else if (['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH'].includes(errorOf(await one.beat()))) {
          one.owned = new Map()
          there.delete(one)
        }
      }
      // Whoever has not been heard of for a session may still believe to own something: it is not counted.
      if (kind === 'wait') await forgetFenced(there)
      const owned = [...there].flatMap(({ partitions }) => partitions)
      expect(new Set(owned).size).toBe(owned.length)
    }
    await clock.advance(sessionMs)
    const rest = [...there].slice(0, 3)
    for (const one of rest) await one.join()
    await settle(rest)
    if (rest.length === 0) return
    const shares = rest.map(({ partitions }) => partitions.length)
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(7)
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
  },
)

describe('a subscription by a regular expression', () => {
  const byPattern = (text: string): Beat => ({ subscribedTopicNames: [], subscribedTopicRegex: text })

  async function openMany() {
    const setup = openTestBroker()
    for (const name of ['orders-a', 'orders-b', 'users']) await setup.client.createTopic(name)
    return { ...setup, one: new Consumer(setup, 'one', { topics: [] }) }
  }

  test('follows the topics that it fits, those that come later too, until it ends', async () => {
    const { one, client } = await openMany()
    const beat = async (change: Beat) => {
      const answer = await one.beat(change)
      one.obey()
      return answer
    }
    expect((await beat({ memberEpoch: 0, ...byPattern('orders-.*') })).errorCode).toBe(0)
    expect(one.partitions.length).toBe(2)
    await client.createTopic('orders-c')
    for (let round = 0; round < 3; round++) await beat({ subscribedTopicRegex: null })
    expect(one.partitions.length).toBe(3)
    const { groups } = await client.send(apis.consumerGroupDescribe, { groupIds: ['g'] })
    expect(groups[0]?.members[0]).toMatchObject({
      subscribedTopicNames: [],
      subscribedTopicRegex: 'orders-.*',
    })
    for (let round = 0; round < 4; round++) await beat({ ...byPattern(''), subscribedTopicNames: ['users'] })
    expect(one.partitions.length).toBe(1)
  })

  test('is refused with what is wrong with it', async () => {
    const { one } = await openMany()
    const answer = await one.beat({ memberEpoch: 0, ...byPattern('orders-(') })
    expect(errorOf(answer)).toBe('INVALID_REGULAR_EXPRESSION')
    expect(answer.errorMessage).toContain('a group is not closed')
  })
})
