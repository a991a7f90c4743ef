/** Heartbeat (12): a member is alive, and hears whether it must join again. Static members name their instance from version 3 on. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { onGroup } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.heartbeat>>

export const heartbeatHandler = defineHandler({
  api: apis.heartbeat,
  demands: ({ groupId }) => [onGroup(groupId, 'read')],
  handle({ groupId, memberId, groupInstanceId, generationId }, { node }): Response {
    if (groupId === '') return { errorCode: kafkaErrorCode('INVALID_GROUP_ID') }
    const claim = { memberId, instanceId: groupInstanceId ?? undefined }
    const error = node.groups.classic(groupId)?.heartbeat(claim, generationId) ?? 'UNKNOWN_MEMBER_ID'
    return { errorCode: kafkaErrorCode(error) }
  },
  refuse: (_request, errorCode): Response => ({ errorCode }),
})
