/** Groups as an administrator sees them, from outside. */
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorName } from '../../protocol/error-codes.ts'
import { mainLane, type Cluster } from '../cluster/cluster.ts'
import { Coordinator } from '../cluster/coordinators.ts'
import { checkResponse } from '../cluster/response-error.ts'
import { retrying } from '../cluster/retrying.ts'
import type { CommittedOffset, GroupDescription, GroupListing, TopicPartition } from '../contracts.ts'
import { commitOffsets, readOffsets } from '../group/group-offsets.ts'

const noGeneration = -1

function coordinatorOf(cluster: Cluster, groupId: string): Coordinator {
  return new Coordinator(cluster, { kind: 'group', key: groupId })
}

/** Each broker knows the groups that it coordinates. */
export async function listGroups(cluster: Cluster): Promise<GroupListing[]> {
  const { context, metadata, connections } = cluster
  await cluster.refresh()
  const listed = await Promise.all(
    metadata.addresses().map((address) =>
      retrying(context, context.retryTimeoutMs, async () => {
        const connection = await connections.get(address, mainLane)
        const { errorCode, groups } = await connection.send(apis.listGroups, () => ({}))
        checkResponse(errorCode, 'list groups')
        return groups
      }),
    ),
  )
  return listed.flat().map(({ groupId, groupState }) => ({ groupId, state: groupState }))
}

export async function describeGroup(
  cluster: Cluster,
  groupId: string,
): Promise<GroupDescription | undefined> {
  return coordinatorOf(cluster, groupId).retrying(mainLane, async (connection) => {
    const response = await connection.send(apis.describeGroups, () => ({ groups: [groupId] }))
    return described(response.groups[0], groupId)
  })
}

type Described = ResponseOf<typeof apis.describeGroups>['groups'][number]

/** A group that nobody knows is one that is dead, or in newer versions an error. */
function described(group: Described | undefined, groupId: string): GroupDescription | undefined {
  if (group === undefined || kafkaErrorName(group.errorCode) === 'GROUP_ID_NOT_FOUND') return undefined
  checkResponse(group.errorCode, `describe group "${groupId}"`, group.errorMessage)
  if (group.groupState === 'Dead') return undefined
  return {
    groupId,
    state: group.groupState,
    protocol: group.protocolData,
    members: group.members.map(({ memberId, groupInstanceId, clientId, clientHost }) => ({
      memberId,
      instanceId: groupInstanceId ?? undefined,
      clientId,
      clientHost,
    })),
  }
}

export async function groupOffsets(cluster: Cluster, groupId: string): Promise<CommittedOffset[]> {
  return coordinatorOf(cluster, groupId).retrying(mainLane, async (connection) => {
    const response = await connection.send(apis.offsetFetch, (version) => ({
      ...(version >= 8 ? { groups: [{ groupId, topics: null }] } : { groupId, topics: null }),
      ...(version >= 7 ? { requireStable: true } : {}),
    }))
    const group = response.groups[0] ?? response
    checkResponse(group.errorCode, `read the offsets of group "${groupId}"`)
    return [...readOffsets(group, groupId).values()]
  })
}

/** As a committer that is no member: refused while the group has members. */
export function setGroupOffsets(
  cluster: Cluster,
  groupId: string,
  offsets: readonly CommittedOffset[],
): Promise<void> {
  const nobody = { groupId, generation: noGeneration, memberId: '', instanceId: undefined }
  return commitOffsets(cluster, coordinatorOf(cluster, groupId), offsets, nobody)
}

export async function deleteGroupOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<void> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, parts]) => ({
    name,
    partitions: parts.map(({ partition }) => ({ partitionIndex: partition })),
  }))
  await coordinatorOf(cluster, groupId).retrying(mainLane, async (connection) => {
    const response = await connection.send(apis.offsetDelete, () => ({ groupId, topics }))
    checkResponse(response.errorCode, `delete offsets of group "${groupId}"`)
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode } of partitions)
        checkResponse(errorCode, `delete the offset of ${name}-${partitionIndex} in group "${groupId}"`)
    }
  })
}

/** A try whose answer was lost may have deleted it: then the next one would say that there is no such group. */
export async function deleteGroup(cluster: Cluster, groupId: string): Promise<void> {
  let tries = 0
  await coordinatorOf(cluster, groupId).retrying(mainLane, async (connection) => {
    const again = tries++ > 0
    const { results } = await connection.send(apis.deleteGroups, () => ({ groupsNames: [groupId] }))
    const errorCode = results[0]?.errorCode ?? 0
    if (again && kafkaErrorName(errorCode) === 'GROUP_ID_NOT_FOUND') return
    checkResponse(errorCode, `delete group "${groupId}"`)
  })
}

/** Clusters that know instances by name (2.3 and newer) take several at once. */
export async function removeMembers(
  cluster: Cluster,
  groupId: string,
  instanceIds: readonly string[],
): Promise<void> {
  if (instanceIds.length === 0) return
  const members = instanceIds.map((groupInstanceId) => ({ memberId: '', groupInstanceId, reason: 'removed' }))
  await coordinatorOf(cluster, groupId).retrying(mainLane, async (connection) => {
    const response = await connection.send(apis.leaveGroup, () => ({ groupId, members }))
    checkResponse(response.errorCode, `take members out of group "${groupId}"`)
    for (const { groupInstanceId, errorCode } of response.members) {
      if (kafkaErrorName(errorCode) === 'UNKNOWN_MEMBER_ID') continue
      checkResponse(errorCode, `take "${groupInstanceId}" out of group "${groupId}"`)
    }
  })
}
