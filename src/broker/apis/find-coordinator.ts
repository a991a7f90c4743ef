/**
 * FindCoordinator (10): which node keeps a group or a transactional id. One key up to version 3, a list from version 4 on. Key type 2
 * (share groups, version 6) is not offered.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode } from '../../protocol/error-codes.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { rightTo } from './demand.ts'
import { refusalOf } from './refusal.ts'

type Response = DeepPartial<ResponseOf<typeof apis.findCoordinator>>

const listsFromVersion = 4
const kinds = [
  { kind: 'group', resource: 'group' },
  { kind: 'transaction', resource: 'transactionalId' },
] as const

export const findCoordinatorHandler = defineHandler({
  api: apis.findCoordinator,
  handle(request, call): Response {
    if (call.apiVersion < listsFromVersion) return find(request.keyType, request.key, call)
    const coordinators = request.coordinatorKeys.map((key) => ({ key, ...find(request.keyType, key, call) }))
    return { coordinators }
  },
  refuse(request, errorCode, call): Response {
    if (call.apiVersion < listsFromVersion) return failed(errorCode)
    return { coordinators: request.coordinatorKeys.map((key) => ({ key, ...failed(errorCode) })) }
  },
})

function find(keyType: number, key: string, call: Call) {
  const offered = kinds[keyType]
  if (offered === undefined) return failed(kafkaErrorCode('INVALID_REQUEST'))
  const refused = refusalOf(call, rightTo('describe', offered.resource, key))
  if (refused !== undefined) return failed(kafkaErrorCode(refused))
  const coordinator = call.node.layout.coordinatorOf(offered.kind, key)
  const endpoint = call.endpoints().find(({ nodeId }) => nodeId === coordinator)
  if (endpoint === undefined) return failed(kafkaErrorCode('COORDINATOR_NOT_AVAILABLE'))
  return { errorCode: 0, errorMessage: '', ...endpoint }
}

function failed(errorCode: number) {
  return { errorCode, errorMessage: '', nodeId: -1, host: '', port: -1 }
}
