/**
 * DescribeGroups (15): state, protocol and members of classic groups. A group that does not exist, or is of another kind, is described as dead; from version 6 on that is an
 * error as well. Assignments are shown once the group is stable.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import type { ClassicGroup } from '../groups/classic-group.ts'
import { groupStateNames } from '../groups/group-states.ts'
import { noAssignment } from '../groups/members.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { groupOperations, notAsked } from './authorized-operations.ts'
import { onGroup } from './demand.ts'
import { refusalOf } from './refusal.ts'

type Request = RequestOf<typeof apis.describeGroups>
type Response = DeepPartial<ResponseOf<typeof apis.describeGroups>>
type GroupAnswer = NonNullable<Response['groups']>[number]

const errsFromVersion = 6

export const describeGroupsHandler = defineHandler({
  api: apis.describeGroups,
  handle: (request, call): Response => ({
    groups: request.groups.map((groupId) => {
      const { node, apiVersion } = call
      const refused = refusalOf(call, onGroup(groupId, 'describe'))
      if (refused !== undefined) return { groupId, errorCode: kafkaErrorCode(refused) }
      const group = node.groups.classic(groupId)
      if (group !== undefined) return describe(group, request, call)
      const dead = { groupId, groupState: groupStateNames.dead }
      if (apiVersion < errsFromVersion) return dead
      const errorCode = kafkaErrorCode('GROUP_ID_NOT_FOUND')
      const known = node.groups.get(groupId) !== undefined
      const errorMessage = known ? `Group ${groupId} is not a classic group.` : `Group ${groupId} not found.`
      return { ...dead, errorCode, errorMessage }
    }),
  }),
  refuse: (request, errorCode): Response => ({
    groups: request.groups.map((groupId) => ({ groupId, errorCode })),
  }),
})

function describe(group: ClassicGroup, request: Request, call: Call): GroupAnswer {
  const { groupId, state, protocolType, protocolName } = group
  const settled = state === 'stable'
  return {
    groupId,
    groupState: groupStateNames[state],
    protocolType,
    protocolData: settled ? (protocolName ?? '') : '',
    members: group.members.all().map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId ?? null,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: metadataOf(member.protocols, settled ? protocolName : null),
      memberAssignment: settled ? member.assignment : noAssignment,
    })),
    authorizedOperations: request.includeAuthorizedOperations ? groupOperations(groupId, call) : notAsked,
  }
}

function metadataOf(protocols: readonly { name: string; metadata: Buffer }[], chosen: string | null): Buffer {
  return protocols.find(({ name }) => name === chosen)?.metadata ?? noAssignment
}
