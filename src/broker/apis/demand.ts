import { clusterResource, type AclOperation, type AclResource } from '../security/acls.ts'

/** What a request, or one entry of it, needs: a right, and perhaps that the node asked coordinates the group or transaction. */
export interface Demand {
  readonly resource: AclResource
  readonly name: string
  readonly operation: AclOperation
  readonly coordinatedHere: boolean
}

/** The right alone, wherever the thing is. */
export function rightTo(operation: AclOperation, resource: AclResource, name: string): Demand {
  return { resource, name, operation, coordinatedHere: false }
}

export function onGroup(name: string, operation: AclOperation): Demand {
  return { resource: 'group', name, operation, coordinatedHere: true }
}

export function onTransaction(name: string, operation: AclOperation): Demand {
  return { resource: 'transactionalId', name, operation, coordinatedHere: true }
}

export function onCluster(operation: AclOperation): Demand {
  return rightTo(operation, 'cluster', clusterResource)
}
