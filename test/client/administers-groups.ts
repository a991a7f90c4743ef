import { toStreamError } from '../../src/base/errors.ts'
import type { Admin } from '../../src/kafka/contracts.ts'
import { mustBe, type Outcome, type Workload } from './workload.ts'

const old = 'old'
const other = 'other'
const partitions = [0, 1].map((partition) => ({ topic: 't', partition }))

/** Looks at a group that nobody is in any more, forgets its offsets one by one, then all of it. */
export const administersGroups: Workload = {
  name: 'administers groups',
  transactionVersion: 2,
  apis: ['FindCoordinator', 'ListGroups', 'DescribeGroups', 'OffsetDelete', 'OffsetFetch', 'DeleteGroups'],
  prepare: async (cluster) => {
    await cluster.createTopic('t', 2)
    for (const group of [old, other])
      await cluster.run(
        cluster.kafka.admin.setGroupOffsets(
          group,
          partitions.map((partition) => ({ ...partition, offset: 7, metadata: '' })),
        ),
      )
  },
  run: async ({ cluster, subject }) => {
    let outcome: Outcome
    try {
      outcome = await administer(subject.admin)
    } catch (error) {
      outcome = toStreamError(error).code
    }
    return {
      outcome,
      audit: async () => {
        const { admin } = cluster.kafka
        const groups = (await admin.listGroups()).map(({ groupId }) => groupId)
        mustBe(groups.includes(other), 'a group that nobody deleted is gone')
        mustBe((await admin.groupOffsets(other)).length === 2, 'offsets that nobody deleted are gone')
        mustBe(outcome !== 'goes on' || !groups.includes(old), 'the deleted group is still there')
      },
    }
  },
}

async function administer(admin: Admin): Promise<Outcome> {
  const listed = (await admin.listGroups()).map(({ groupId }) => groupId)
  mustBe(listed.includes(old), 'the group is listed')
  const described = await admin.describeGroup(old)
  if (described === undefined) return 'NAME_NOT_FOUND'
  mustBe(described.state === 'Empty', 'the group has no members')
  await admin.deleteGroupOffsets(old, partitions.slice(1))
  const left = await admin.groupOffsets(old)
  mustBe(left.length === 1 && left[0]?.partition === 0, 'the other offset is left')
  await admin.deleteGroup(old)
  return 'goes on'
}
