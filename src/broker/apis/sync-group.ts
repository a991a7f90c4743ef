/**
 * SyncGroup (14): the leader brings everyone's assignment, the others wait for theirs. From version 5 on the caller names the protocol it
 * believes the group has chosen.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { onGroup } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.syncGroup>>

export const syncGroupHandler = defineHandler({
  api: apis.syncGroup,
  demands: ({ groupId }) => [onGroup(groupId, 'read')],
  async handle(request, { node }): Promise<Response> {
    if (request.groupId === '') return { errorCode: kafkaErrorCode('INVALID_GROUP_ID') }
    const group = node.groups.classic(request.groupId)
    if (group === undefined) return { errorCode: kafkaErrorCode('UNKNOWN_MEMBER_ID') }
    const { error, assignment } = await group.sync({
      memberId: request.memberId,
      instanceId: request.groupInstanceId ?? undefined,
      generation: request.generationId,
      protocolType: request.protocolType,
      protocolName: request.protocolName,
      assignments: request.assignments,
    })
    const chosen =
      error === 'NONE' ? { protocolType: group.protocolType, protocolName: group.protocolName } : {}
    return { errorCode: kafkaErrorCode(error), assignment, ...chosen }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})
