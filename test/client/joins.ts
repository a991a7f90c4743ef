import { sleep } from '../../src/base/clock.ts'
import type { GroupMember } from '../../src/kafka/contracts.ts'
import { inTurn, memberDefaults } from '../../src/kafka/fixtures/clients.ts'
import { afterError, mustBe, type Outcome, type Workload, type World } from './workload.ts'

const partition = { topic: 't', partition: 0 }
const commits = 4

/** A member that joins, stays, commits an offset each second, reads it back, and leaves. */
export const joins: Workload = {
  name: 'joins',
  transactionVersion: 2,
  apis: [
    'FindCoordinator',
    'JoinGroup',
    'SyncGroup',
    'Heartbeat',
    'OffsetCommit',
    'OffsetFetch',
    'LeaveGroup',
  ],
  prepare: (cluster) => cluster.createTopic('t', 2),
  run: async (world) => {
    const state: State = { owned: 0, committed: 0 }
    const outcome = await stay(world, state)
    return {
      outcome,
      audit: async () => {
        const { cluster } = world
        const reader = cluster.kafka.groupMember(memberDefaults)
        const offsets = await reader.fetchOffsets([partition])
        const found = offsets.get('t-0')?.offset ?? 0
        mustBe(found >= state.committed, `offset ${state.committed} was acknowledged, ${found} stands`)
        mustBe(outcome !== 'goes on' || found === commits, `it said done at ${found}`)
        await reader.close(false)
      },
    }
  },
}

interface State {
  owned: number
  committed: number
}

async function stay(world: World, state: State): Promise<Outcome> {
  const member = world.subject.groupMember({
    ...memberDefaults,
    heartbeatMs: 300,
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 2_000,
    subscription: () => ({ topics: ['t'], userData: Buffer.alloc(0) }),
    assignor: inTurn('cooperative'),
    listener: {
      onAssigned: async (partitions) => void (state.owned += partitions.length),
      onRevoked: async (partitions) => void (state.owned -= partitions.length),
      onLost: async (partitions) => void (state.owned -= partitions.length),
    },
  })
  const outcome = await commitAsAdvised(world, member, state)
  await member.close(true)
  return outcome
}

async function commitAsAdvised(world: World, member: GroupMember, state: State): Promise<Outcome> {
  for (let round = 0; ; round++) {
    try {
      await commitAll(world, member, state)
      return 'goes on'
    } catch (error) {
      const ended = await afterError(error, world, round)
      if (ended !== undefined) return ended
    }
  }
}

async function commitAll(world: World, member: GroupMember, state: State): Promise<void> {
  while (state.committed < commits) {
    await untilOwned(world, member, state)
    const offsets = await member.fetchOffsets([partition])
    const found = offsets.get('t-0')?.offset ?? 0
    mustBe(found >= state.committed, `offset ${state.committed} was acknowledged, ${found} was read back`)
    if (found >= commits) {
      // The answer to the last commit was lost.
      state.committed = found
      return
    }
    await member.commitOffsets([{ ...partition, offset: found + 1, metadata: '' }])
    state.committed = found + 1
    for (let i = 0; i < 5; i++) {
      await sleep(world.cluster.clock, 200)
      await member.poll()
    }
  }
}

async function untilOwned({ cluster }: World, member: GroupMember, state: State): Promise<void> {
  for (;;) {
    await member.poll()
    if (state.owned === 2 && !member.rebalancing) return
    await sleep(cluster.clock, 50)
  }
}
