/** DeleteGroups (42): a group without members goes, and its offsets with it. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'

type Response = DeepPartial<ResponseOf<typeof apis.deleteGroups>>

export const deleteGroupsHandler = defineHandler({
  api: apis.deleteGroups,
  handle: (request, { node }): Response => ({
    results: request.groupsNames.map((groupId) => ({
      groupId,
      errorCode: kafkaErrorCode(node.groups.delete(groupId)),
    })),
  }),
  refuse: (request, errorCode): Response => ({
    results: request.groupsNames.map((groupId) => ({ groupId, errorCode })),
  }),
})
