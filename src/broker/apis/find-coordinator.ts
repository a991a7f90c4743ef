/**
 * FindCoordinator (10): which node keeps a group or a transactional id. One key up to version 3, a list from version 4 on. Key type 2
 * (share groups, version 6) is not offered.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler, type Call } from './api-handler.ts'

type Response = DeepPartial<ResponseOf<typeof apis.findCoordinator>>

const listsFromVersion = 4
const keyTypes = { group: 0, transaction: 1 }

export const findCoordinatorHandler = defineHandler({
  api: apis.findCoordinator,
  handle(request, call): Response {
    const offered = Object.values(keyTypes).includes(request.keyType)
    const answer = offered ? here(call) : failed(kafkaErrorCode('INVALID_REQUEST'))
    if (call.apiVersion < listsFromVersion) return answer
    return { coordinators: request.coordinatorKeys.map((key) => ({ key, ...answer })) }
  },
  refuse(request, errorCode, call): Response {
    if (call.apiVersion < listsFromVersion) return failed(errorCode)
    return { coordinators: request.coordinatorKeys.map((key) => ({ key, ...failed(errorCode) })) }
  },
})

function here({ node, endpoint }: Call) {
  return { errorCode: 0, errorMessage: '', nodeId: node.config.nodeId, ...endpoint }
}

function failed(errorCode: number) {
  return { errorCode, errorMessage: '', nodeId: -1, host: '', port: -1 }
}
