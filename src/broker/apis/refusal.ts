import type { KafkaErrorName } from '../../protocol/error-codes.ts'
import type { AclResource } from '../security/acls.ts'
import type { Call } from './api-handler.ts'
import type { Demand } from './demand.ts'

const withoutRight: Readonly<Record<AclResource, KafkaErrorName>> = {
  topic: 'TOPIC_AUTHORIZATION_FAILED',
  group: 'GROUP_AUTHORIZATION_FAILED',
  cluster: 'CLUSTER_AUTHORIZATION_FAILED',
  transactionalId: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
}

/** The error that stands in the way of the first demand that is not met; undefined where all are. */
export function refusalOf(call: Call, ...demands: readonly Demand[]): KafkaErrorName | undefined {
  const { authorizer } = call.node
  for (const demand of demands) {
    const { resource, name, operation } = demand
    if (!authorizer.allows(call.requester, operation, resource, name)) return withoutRight[resource]
    if (isElsewhere(demand, call)) return 'NOT_COORDINATOR'
  }
  return undefined
}

/** An empty name is nobody's: the handler has an error of its own for it. */
function isElsewhere({ resource, name, coordinatedHere }: Demand, { node, nodeId }: Call): boolean {
  if (!coordinatedHere || name === '') return false
  const kind = resource === 'group' ? 'group' : 'transaction'
  return node.layout.coordinatorOf(kind, name) !== nodeId
}
