/** What a caller may do, as bits by the numbers of Kafka's operations. */
import { clusterResource, type AclOperation, type AclResource } from '../security/acls.ts'
import type { Call } from './api-handler.ts'

/** What is answered when nobody asked. */
export const notAsked = -2_147_483_648

const operations: Readonly<Record<'topic' | 'group' | 'cluster', readonly AclOperation[]>> = {
  topic: ['read', 'write', 'create', 'delete', 'alter', 'describe', 'describeConfigs', 'alterConfigs'],
  group: ['read', 'delete', 'describe', 'describeConfigs', 'alterConfigs'],
  cluster: [
    'create',
    'alter',
    'describe',
    'clusterAction',
    'describeConfigs',
    'alterConfigs',
    'idempotentWrite',
  ],
}

export function topicOperations(topic: string, call: Call): number {
  return bits('topic', topic, call)
}

export function groupOperations(groupId: string, call: Call): number {
  return bits('group', groupId, call)
}

export function clusterOperations(call: Call): number {
  return bits('cluster', clusterResource, call)
}

function bits(resource: AclResource & keyof typeof operations, name: string, call: Call): number {
  return call.node.authorizer.bits(call.requester, operations[resource], { resource, name })
}
