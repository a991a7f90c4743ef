/**
 * Rules of access: who may do what with which resource. Words and numbers are Kafka's.
 *
 * Source. Apache Kafka's documentation of authorization and ACLs (KIP-11, KIP-290).
 */

export const aclResources = { topic: 2, group: 3, cluster: 4, transactionalId: 5 } as const
export type AclResource = keyof typeof aclResources

export const aclOperations = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const
export type AclOperation = keyof typeof aclOperations

/** Numbers that filters have beside those of rules. */
export const aclAny = 1
const matchPattern = 2
export const aclPatterns = { literal: 3, prefixed: 4 } as const
export const aclPermissions = { deny: 2, allow: 3 } as const

/** The name of the one cluster there is. */
export const clusterResource = 'kafka-cluster'
const wildcard = '*'

/** One rule; enumerations as numbers. */
export interface Acl {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  /** `User:alice`, or `User:*` for everyone. */
  readonly principal: string
  /** An address, or `*`. */
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** Which rules; null, and 1 in a number, mean any. */
export interface AclFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

/** Whether a rule speaks of this resource. */
export function covers(acl: Acl, resourceType: number, name: string): boolean {
  if (acl.resourceType !== resourceType) return false
  if (acl.patternType === aclPatterns.prefixed) return name.startsWith(acl.resourceName)
  return acl.resourceName === name || acl.resourceName === wildcard
}

/** Whether a rule speaks of this client. */
export function concerns(acl: Acl, principal: string, host: string): boolean {
  const known = acl.principal === principal || acl.principal === `User:${wildcard}`
  return known && (acl.host === wildcard || acl.host === host)
}

export function matchesFilter(acl: Acl, filter: AclFilter): boolean {
  const number = (wanted: number, has: number): boolean => wanted === aclAny || wanted === has
  const text = (wanted: string | null, has: string): boolean => wanted === null || wanted === has
  return (
    number(filter.resourceTypeFilter, acl.resourceType) &&
    matchesPattern(acl, filter) &&
    text(filter.principalFilter, acl.principal) &&
    text(filter.hostFilter, acl.host) &&
    number(filter.operation, acl.operation) &&
    number(filter.permissionType, acl.permissionType)
  )
}

/** The filter `match` finds every rule that would speak of a resource of this name. */
function matchesPattern(acl: Acl, { patternTypeFilter, resourceNameFilter }: AclFilter): boolean {
  if (patternTypeFilter === matchPattern)
    return resourceNameFilter === null || covers(acl, acl.resourceType, resourceNameFilter)
  if (patternTypeFilter !== aclAny && patternTypeFilter !== acl.patternType) return false
  return resourceNameFilter === null || resourceNameFilter === acl.resourceName
}

/** What is wrong with a rule that somebody wants to add; undefined where nothing is. */
export function aclProblem(acl: Acl): string | undefined {
  const known = (numbers: Readonly<Record<string, number>>, value: number): boolean =>
    Object.values(numbers).includes(value)
  if (!known(aclResources, acl.resourceType)) return `Unsupported resource type ${acl.resourceType}`
  if (!known(aclPatterns, acl.patternType)) return `Invalid pattern type ${acl.patternType}`
  if (!known(aclOperations, acl.operation)) return `Invalid operation ${acl.operation}`
  if (!known(aclPermissions, acl.permissionType)) return `Invalid permission type ${acl.permissionType}`
  if (acl.resourceName === '') return 'Resource name should not be empty'
  if (acl.resourceType === aclResources.cluster && acl.resourceName !== clusterResource)
    return `The only valid name for the CLUSTER resource is ${clusterResource}`
  if (!/^\w+:./.test(acl.principal)) return `Could not parse principal from \`${acl.principal}\``
  return acl.host === '' ? 'Host should not be empty' : undefined
}
