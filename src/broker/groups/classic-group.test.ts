import { describe, expect, test } from 'vitest'
import { apis, type RequestOf } from '../../protocol/apis.ts'
import type { DeepPartial } from '../../protocol/api.ts'
import { errorOf, openTestBroker, TestClient, type TestBroker } from '../fixtures/test-broker.ts'

type Join = DeepPartial<RequestOf<typeof apis.joinGroup>>

const protocol = (name: string, metadata = ''): { name: string; metadata: Buffer } => ({
  name,
  metadata: Buffer.from(metadata),
})

/** A consumer: joins, syncs and heartbeats on a connection of its own. */
class Member {
  readonly client: TestClient
  readonly #join: Join
  memberId = ''
  generationId = -1
  leader = ''

  constructor({ broker }: TestBroker, join: Join = {}) {
    this.client = new TestClient(broker, 'member')
    this.#join = {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      protocolType: 'consumer',
      protocols: [protocol('range')],
      ...join,
    }
  }

  get claim() {
    const groupInstanceId = this.#join.groupInstanceId ?? null
    return { groupId: 'g', memberId: this.memberId, generationId: this.generationId, groupInstanceId }
  }

  /** Joins, a second time with the id it is told first where it has none. */
  async join(change: Join = {}, version = 9) {
    let answer = await this.client.send(
      apis.joinGroup,
      { ...this.#join, memberId: this.memberId, ...change },
      version,
    )
    if (errorOf(answer) === 'MEMBER_ID_REQUIRED') {
      const { memberId } = answer
      answer = await this.client.send(apis.joinGroup, { ...this.#join, memberId, ...change }, version)
    }
    if (answer.errorCode === 0) {
      this.memberId = answer.memberId
      this.generationId = answer.generationId
      this.leader = answer.leader
    }
    return answer
  }

  get leads(): boolean {
    return this.leader === this.memberId
  }

  sync(assignments: Record<string, string> = {}) {
    const entries = Object.entries(assignments)
    return this.client.send(apis.syncGroup, {
      ...this.claim,
      assignments: entries.map(([memberId, text]) => ({ memberId, assignment: Buffer.from(text) })),
    })
  }

  async beat() {
    return errorOf(await this.client.send(apis.heartbeat, this.claim))
  }
}

/** Two members in a stable generation, the first leading. */
async function twoMembers(setup: TestBroker, joins: [Join, Join] = [{}, {}]): Promise<[Member, Member]> {
  const a = new Member(setup, joins[0])
  const b = new Member(setup, joins[1])
  await a.join()
  await a.sync()
  const joining = b.join()
  await setup.clock.advance(1)
  await Promise.all([a.join(), joining])
  await Promise.all([a.sync({ [a.memberId]: 'for a', [b.memberId]: 'for b' }), b.sync()])
  return [a, b]
}

async function describeGroup({ client }: TestBroker) {
  const { groups } = await client.send(apis.describeGroups, { groups: ['g'] })
  const [group] = groups
  if (group === undefined) throw new Error('no group in the answer')
  return group
}

describe('joining', () => {
  test('tells a new member its id first, and nothing remains of one that does not come again', async () => {
    const setup = openTestBroker()
    const first = await setup.client.send(apis.joinGroup, {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      protocolType: 'consumer',
      protocols: [protocol('range')],
    })
    expect(errorOf(first)).toBe('MEMBER_ID_REQUIRED')
    expect(first.memberId).toMatch(/^test-[0-9a-f-]{36}$/)
    await setup.clock.advance(10_001)
    expect((await describeGroup(setup)).members).toEqual([])
    expect(setup.clock.nextTimerMs()).toBeUndefined()
  })

  test('takes a member of an old version at once', async () => {
    const setup = openTestBroker()
    const answer = await new Member(setup).join({}, 0)
    expect(answer).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range', members: [{}] })
  })

  test('gives the leader all subscriptions and the others none', async () => {
    const setup = openTestBroker()
    const a = new Member(setup, { protocols: [protocol('range', 'topics of a')] })
    const b = new Member(setup, { protocols: [protocol('range', 'topics of b')] })
    await a.join()
    const joining = b.join()
    await setup.clock.advance(1)
    const [forA, forB] = await Promise.all([a.join(), joining])
    expect(forA.members.map(({ metadata }) => metadata.toString())).toEqual(['topics of a', 'topics of b'])
    expect(forB).toMatchObject({ leader: a.memberId, generationId: 2, members: [] })
  })

  test('waits for more members before the first generation, if told to', async () => {
    const setup = openTestBroker({ groupInitialRebalanceDelayMs: 3000 })
    const [a, b] = [new Member(setup), new Member(setup)]
    const answers = [a.join(), b.join()]
    await setup.clock.advance(6001)
    expect((await Promise.all(answers)).map(({ generationId }) => generationId)).toEqual([1, 1])
  })

  test('elects the protocol that all speak and most want', async () => {
    const setup = openTestBroker()
    const [a] = await twoMembers(setup, [
      { protocols: [protocol('only-a'), protocol('sticky'), protocol('range')] },
      { protocols: [protocol('range'), protocol('sticky')] },
    ])
    const { protocolData } = await describeGroup(setup)
    expect(['sticky', 'range']).toContain(protocolData)
    expect(a.leads).toBe(true)
  })

  test('refuses a member that speaks no common protocol, or is of another kind', async () => {
    const setup = openTestBroker()
    await new Member(setup).join()
    const stranger = new Member(setup, { protocols: [protocol('other')] })
    const connector = new Member(setup, { protocolType: 'connect' })
    expect(errorOf(await stranger.join())).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(errorOf(await connector.join())).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })

  test('refuses session timeouts outside of the limits, and a group without a name', async () => {
    const setup = openTestBroker()
    expect(errorOf(await new Member(setup).join({ sessionTimeoutMs: 5999 }))).toBe('INVALID_SESSION_TIMEOUT')
    expect(errorOf(await new Member(setup).join({ groupId: '' }))).toBe('INVALID_GROUP_ID')
    expect(errorOf(await new Member(setup).join({ memberId: 'ghost' }))).toBe('UNKNOWN_MEMBER_ID')
  })

  test('refuses a member more than the group may have', async () => {
    const setup = openTestBroker({ groupSizeMax: 1 })
    await new Member(setup).join()
    expect(errorOf(await new Member(setup).join())).toBe('GROUP_MAX_SIZE_REACHED')
  })
})

describe('a rebalance', () => {
  test('hands out what the leader assigned', async () => {
    const setup = openTestBroker()
    await twoMembers(setup)
    const { groupState, members } = await describeGroup(setup)
    expect(groupState).toBe('Stable')
    expect(members.map(({ memberAssignment }) => memberAssignment.toString())).toEqual(['for a', 'for b'])
  })

  test('is told to members by their heartbeat', async () => {
    const setup = openTestBroker()
    const [a, b] = await twoMembers(setup)
    expect(await a.beat()).toBe('NONE')
    const third = new Member(setup)
    const joining = third.join()
    await setup.clock.advance(1)
    expect([await a.beat(), await b.beat()]).toEqual(['REBALANCE_IN_PROGRESS', 'REBALANCE_IN_PROGRESS'])
    await Promise.all([a.join(), b.join(), joining])
    expect([a.generationId, b.generationId, third.generationId]).toEqual([3, 3, 3])
  })

  test('goes on without a member that does not join in time', async () => {
    const setup = openTestBroker()
    const [a, b] = await twoMembers(setup, [{ sessionTimeoutMs: 60_000 }, { sessionTimeoutMs: 60_000 }])
    const joining = a.join({ sessionTimeoutMs: 60_000, protocols: [protocol('range', 'new')] })
    await setup.clock.advance(20_001)
    expect((await joining).members.length).toBe(1)
    expect(await b.beat()).toBe('UNKNOWN_MEMBER_ID')
  })

  test('begins when a member is silent for its session timeout', async () => {
    const setup = openTestBroker()
    const [a, b] = await twoMembers(setup)
    await setup.clock.advance(6000)
    await a.beat()
    await setup.clock.advance(6000)
    expect(await a.beat()).toBe('REBALANCE_IN_PROGRESS')
    expect(await b.beat()).toBe('UNKNOWN_MEMBER_ID')
  })

  test('begins when a member leaves', async () => {
    const setup = openTestBroker()
    const [a, b] = await twoMembers(setup)
    const { members } = await b.client.send(apis.leaveGroup, {
      groupId: 'g',
      members: [{ memberId: b.memberId }],
    })
    expect(errorOf(members[0])).toBe('NONE')
    expect(await a.beat()).toBe('REBALANCE_IN_PROGRESS')
  })

  test('drops a leader that never brings the assignment', async () => {
    const setup = openTestBroker()
    const [a, b] = [new Member(setup), new Member(setup)]
    await a.join({ sessionTimeoutMs: 60_000 })
    const joining = b.join({ sessionTimeoutMs: 60_000 })
    await setup.clock.advance(1)
    await Promise.all([a.join({ sessionTimeoutMs: 60_000 }), joining])
    const syncing = b.sync()
    await setup.clock.advance(20_001)
    expect(errorOf(await syncing)).toBe('REBALANCE_IN_PROGRESS')
    expect(await b.join()).toMatchObject({ leader: b.memberId, members: [{}] })
  })

  test('begins without a member that never asks for what the leader assigned to it', async () => {
    const setup = openTestBroker()
    const [a, b] = [new Member(setup), new Member(setup)]
    await a.join()
    await a.sync()
    const joining = b.join()
    await setup.clock.advance(1)
    await Promise.all([a.join(), joining])
    await a.sync({ [a.memberId]: 'for a', [b.memberId]: 'for b' })
    for (let i = 0; i < 3; i++) {
      await setup.clock.advance(6000)
      expect([await a.beat(), await b.beat()]).toEqual(['NONE', 'NONE'])
    }
    await setup.clock.advance(2001)
    expect([await a.beat(), await b.beat()]).toEqual(['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'])
    expect(await a.join()).toMatchObject({ errorCode: 0, generationId: 3, members: [{}] })
  })

  test('does not begin when all have asked for their assignments', async () => {
    const setup = openTestBroker()
    const members = await twoMembers(setup)
    for (let i = 0; i < 5; i++) {
      await setup.clock.advance(6000)
      expect(await Promise.all(members.map((member) => member.beat()))).toEqual(['NONE', 'NONE'])
    }
  })

  test('does not begin when a member that is no leader joins again unchanged, as after a lost answer', async () => {
    const setup = openTestBroker()
    const [, b] = await twoMembers(setup)
    expect(await b.join()).toMatchObject({ errorCode: 0, generationId: 2 })
    expect(await b.beat()).toBe('NONE')
  })

  test('answers a sync of another generation or protocol with what is wrong', async () => {
    const setup = openTestBroker()
    const [a] = await twoMembers(setup)
    const sync = (change: object) => a.client.send(apis.syncGroup, { ...a.claim, ...change })
    expect(errorOf(await sync({ generationId: 1 }))).toBe('ILLEGAL_GENERATION')
    expect(errorOf(await sync({ protocolName: 'other' }))).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(await sync({})).toMatchObject({
      errorCode: 0,
      protocolName: 'range',
      assignment: Buffer.from('for a'),
    })
  })

  test('ends with an empty group when the last member goes', async () => {
    const setup = openTestBroker()
    const member = new Member(setup)
    await member.join()
    await member.sync()
    await member.client.send(apis.leaveGroup, { groupId: 'g', members: [{ memberId: member.memberId }] })
    expect((await describeGroup(setup)).groupState).toBe('Empty')
    expect(setup.clock.nextTimerMs()).toBeUndefined()
  })
})

describe('a static member', () => {
  const statics: [Join, Join] = [{ groupInstanceId: 'one' }, { groupInstanceId: 'two' }]

  test('takes its old place and assignment back without a rebalance, and fences its former self', async () => {
    const setup = openTestBroker()
    const [a, b] = await twoMembers(setup, statics)
    const back = new Member(setup, { groupInstanceId: 'two' })
    expect(await back.join()).toMatchObject({ errorCode: 0, generationId: 2, members: [] })
    expect(await back.sync()).toMatchObject({ assignment: Buffer.from('for b') })
    expect([await a.beat(), await b.beat(), await back.beat()]).toEqual([
      'NONE',
      'FENCED_INSTANCE_ID',
      'NONE',
    ])
  })

  test('that led is told to leave the assignment as it is', async () => {
    const setup = openTestBroker()
    await twoMembers(setup, statics)
    const back = new Member(setup, { groupInstanceId: 'one' })
    const answer = await back.join()
    expect(answer).toMatchObject({ leader: answer.memberId, skipAssignment: true, members: [{}, {}] })
    const old = new Member(setup, { groupInstanceId: 'one' })
    const oldAnswer = await old.join({}, 5)
    expect(oldAnswer.leader).toBe(answer.memberId)
    expect(oldAnswer.memberId).not.toBe(answer.memberId)
  })

  test('keeps its place through a rebalance that it misses, until its session ends', async () => {
    const setup = openTestBroker()
    const [a] = await twoMembers(setup, [
      { groupInstanceId: 'one', sessionTimeoutMs: 60_000 },
      { groupInstanceId: 'two', sessionTimeoutMs: 60_000 },
    ])
    const joining = a.join({ sessionTimeoutMs: 60_000 })
    await setup.clock.advance(20_001)
    expect((await joining).members.map(({ groupInstanceId }) => groupInstanceId)).toEqual(['one', 'two'])
    await a.sync({})
    await setup.clock.advance(40_000)
    expect((await describeGroup(setup)).members.length).toBe(1)
  })

  test('leaves by its instance id alone', async () => {
    const setup = openTestBroker()
    await twoMembers(setup, statics)
    const leave = async (groupInstanceId: string, memberId = '') => {
      const members = [{ memberId, groupInstanceId }]
      const answer = await setup.client.send(apis.leaveGroup, { groupId: 'g', members })
      return errorOf(answer.members[0])
    }
    expect(await leave('two', 'somebody')).toBe('FENCED_INSTANCE_ID')
    expect([await leave('two'), await leave('two')]).toEqual(['NONE', 'UNKNOWN_MEMBER_ID'])
  })
})
