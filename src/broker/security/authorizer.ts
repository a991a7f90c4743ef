/**
 * Answers whether a client may do something, as Kafka's own authorizer does: a rule that denies beats one that allows; a resource
 * that no rule speaks of is open or closed by configuration; super users may do everything.
 */
import type { StateEntry, StateKeeper } from '../log/state-log.ts'
import {
  aclOperations,
  aclPermissions,
  aclPatterns,
  aclResources,
  concerns,
  covers,
  matchesFilter,
  type Acl,
  type AclFilter,
  type AclOperation,
  type AclResource,
} from './acls.ts'

/** Who asks. */
export interface Requester {
  /** `User:alice`; `User:ANONYMOUS` where the connection did not say. */
  readonly principal: string
  /** The client's address. */
  readonly host: string
}

export interface AuthorizerOptions {
  readonly superUsers: readonly string[]
  /** Whether a resource that no rule speaks of is open to everyone. */
  readonly openWithoutAcls: boolean
  /** Rules beyond it are refused. */
  readonly aclsMax: number
  /** Where rules are written down. */
  readonly state: StateKeeper
}

const kind = 'acl'

/** Who may do one of these may describe as well; who may alter configs may describe them. */
const impliedBy: Readonly<Partial<Record<AclOperation, readonly AclOperation[]>>> = {
  describe: ['read', 'write', 'delete', 'alter'],
  describeConfigs: ['alterConfigs'],
}

export class Authorizer {
  readonly #options: AuthorizerOptions
  readonly #superUsers: ReadonlySet<string>
  #acls: readonly Acl[]

  constructor(options: AuthorizerOptions) {
    this.#options = options
    this.#superUsers = new Set(options.superUsers)
    this.#acls = options.state.recovered(kind).map(({ value }) => value as Acl)
  }

  /** @returns false where there are too many; a rule that is there already is no second one */
  add(acl: Acl): boolean {
    if (this.#acls.some((known) => keyOf(known).join('\n') === keyOf(acl).join('\n'))) return true
    if (this.#acls.length >= this.#options.aclsMax) return false
    this.#options.state.put([{ key: keyOf(acl), value: acl }])
    this.#acls = [...this.#acls, acl]
    return true
  }

  matching(filter: AclFilter): Acl[] {
    return this.#acls.filter((acl) => matchesFilter(acl, filter))
  }

  remove(gone: readonly Acl[]): void {
    if (gone.length > 0) this.#options.state.put(gone.map((acl) => ({ key: keyOf(acl), value: undefined })))
    this.#acls = this.#acls.filter((acl) => !gone.includes(acl))
  }

  allows(who: Requester, operation: AclOperation, resource: AclResource, name: string): boolean {
    if (this.#acls.length === 0 && this.#options.openWithoutAcls) return true
    if (this.#superUsers.has(who.principal)) return true
    const about = this.#acls.filter((acl) => covers(acl, aclResources[resource], name))
    if (about.length === 0) return this.#options.openWithoutAcls
    const own = about.filter((acl) => concerns(acl, who.principal, who.host))
    if (own.some((acl) => denies(acl, operation))) return false
    return own.some((acl) => permits(acl, operation))
  }

  /** Whether there is any resource of this kind that the client may do this with. */
  allowsSome(who: Requester, operation: AclOperation, resource: AclResource): boolean {
    if (this.#superUsers.has(who.principal)) return true
    const about = this.#acls.filter((acl) => acl.resourceType === aclResources[resource])
    const own = about.filter((acl) => concerns(acl, who.principal, who.host))
    const denying = own.filter((acl) => denies(acl, operation))
    if (denying.some((acl) => acl.patternType === aclPatterns.literal && acl.resourceName === '*'))
      return false
    if (this.#options.openWithoutAcls) return true
    return own.some((acl) => permits(acl, operation) && !denying.some((deny) => includes(deny, acl)))
  }

  /** The operations of these that the client may do, as bits by their numbers. */
  bits(
    who: Requester,
    operations: readonly AclOperation[],
    { resource, name }: { readonly resource: AclResource; readonly name: string },
  ): number {
    return operations
      .filter((operation) => this.allows(who, operation, resource, name))
      .reduce((sum, operation) => sum | (1 << aclOperations[operation]), 0)
  }
}

function denies(acl: Acl, operation: AclOperation): boolean {
  return acl.permissionType === aclPermissions.deny && names(acl, operation)
}

function permits(acl: Acl, operation: AclOperation): boolean {
  if (acl.permissionType !== aclPermissions.allow) return false
  return names(acl, operation) || (impliedBy[operation] ?? []).some((stronger) => names(acl, stronger))
}

function names(acl: Acl, operation: AclOperation): boolean {
  return acl.operation === aclOperations.all || acl.operation === aclOperations[operation]
}

/** Whether the first rule's resources hold all of the second's. */
function includes(wider: Acl, narrower: Acl): boolean {
  if (wider.patternType === aclPatterns.prefixed) return narrower.resourceName.startsWith(wider.resourceName)
  if (wider.resourceName === '*') return true
  return narrower.patternType === aclPatterns.literal && wider.resourceName === narrower.resourceName
}

/** Every part of a rule tells it from others. */
function keyOf(acl: Acl): StateEntry['key'] {
  const { resourceType, patternType, resourceName, principal, host, operation, permissionType } = acl
  return [kind, resourceType, patternType, resourceName, principal, host, operation, permissionType]
}
