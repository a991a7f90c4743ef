/** LeaveGroup (13): one member up to version 2; several from version 3 on, static ones by instance id alone, each with an error of its own. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { onGroup } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.leaveGroup>>

const listsFromVersion = 3

export const leaveGroupHandler = defineHandler({
  api: apis.leaveGroup,
  demands: ({ groupId }) => [onGroup(groupId, 'read')],
  handle(request, { node, apiVersion }): Response {
    if (request.groupId === '') return { errorCode: kafkaErrorCode('INVALID_GROUP_ID') }
    const group = node.groups.classic(request.groupId)
    const leave = (memberId: string, groupInstanceId: string | null): number =>
      kafkaErrorCode(
        group?.leave({ memberId, instanceId: groupInstanceId ?? undefined }) ?? 'UNKNOWN_MEMBER_ID',
      )
    if (apiVersion < listsFromVersion) return { errorCode: leave(request.memberId, null) }
    const members = request.members.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: leave(memberId, groupInstanceId),
    }))
    return { members }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})
