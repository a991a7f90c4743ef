/** ListPartitionReassignments (46): none is ever in progress, see AlterPartitionReassignments. */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { defineHandler } from './api-handler.ts'
import { onCluster } from './demand.ts'

type Response = DeepPartial<ResponseOf<typeof apis.listPartitionReassignments>>

export const listPartitionReassignmentsHandler = defineHandler({
  api: apis.listPartitionReassignments,
  demands: () => [onCluster('describe')],
  handle: (): Response => ({ errorMessage: null, topics: [] }),
  refuse: (_request, errorCode): Response => ({ errorCode, errorMessage: null }),
})
