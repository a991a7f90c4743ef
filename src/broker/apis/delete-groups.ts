/** DeleteGroups (42): a group without members goes, and its offsets with it. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler } from './api-handler.ts'
import { onGroup } from './demand.ts'
import { refusalOf } from './refusal.ts'

type Response = DeepPartial<ResponseOf<typeof apis.deleteGroups>>

export const deleteGroupsHandler = defineHandler({
  api: apis.deleteGroups,
  handle: (request, call): Response => ({
    results: request.groupsNames.map((groupId) => {
      const error = refusalOf(call, onGroup(groupId, 'delete')) ?? call.node.groups.delete(groupId)
      return { groupId, errorCode: kafkaErrorCode(error) }
    }),
  }),
  refuse: (request, errorCode): Response => ({
    results: request.groupsNames.map((groupId) => ({ groupId, errorCode })),
  }),
})
