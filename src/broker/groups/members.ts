import { assert } from '../../base/assert.ts'
import type { Timer } from '../../base/clock.ts'
import type { KafkaErrorName } from '../../protocol/error-codes.ts'

export interface GroupProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface JoinedMember {
  readonly memberId: string
  readonly instanceId: string | undefined
  readonly metadata: Buffer
}

export interface JoinResult {
  readonly error: KafkaErrorName
  readonly memberId: string
  readonly generation: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  /** All members, for the leader; nobody for the others. */
  readonly members: readonly JoinedMember[]
  /** For a leader that was replaced: nothing changed, so there is nothing to assign. */
  readonly skipAssignment: boolean
}

export interface SyncResult {
  readonly error: KafkaErrorName
  readonly assignment: Buffer
}

export interface Member {
  memberId: string
  readonly instanceId: string | undefined
  clientId: string
  clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: readonly GroupProtocol[]
  assignment: Buffer
  /** Answers its JoinGroup, while that waits. */
  awaitingJoin: ((result: JoinResult) => void) | undefined
  /** Answers its SyncGroup, while that waits. */
  awaitingSync: ((result: SyncResult) => void) | undefined
  /** Whether it joined this generation and has not asked for its assignment yet. */
  owesSync: boolean
  /** Whether it has been in a generation that had its assignments. */
  settled: boolean
  session: Timer | undefined
}

export const noAssignment = Buffer.alloc(0)

/** The members of a group, by id and, where they are static, by instance id. Order is that of joining. */
export class Members {
  readonly #byId = new Map<string, Member>()
  readonly #byInstance = new Map<string, Member>()

  get count(): number {
    return this.#byId.size
  }

  all(): Member[] {
    return [...this.#byId.values()]
  }

  get(memberId: string): Member | undefined {
    return this.#byId.get(memberId)
  }

  ofInstance(instanceId: string): Member | undefined {
    return this.#byInstance.get(instanceId)
  }

  add(member: Member): void {
    this.#byId.set(member.memberId, member)
    if (member.instanceId !== undefined) this.#byInstance.set(member.instanceId, member)
  }

  delete(member: Member): void {
    this.#byId.delete(member.memberId)
    if (member.instanceId !== undefined) this.#byInstance.delete(member.instanceId)
  }

  /** A static member came back under a new id and takes its own place. */
  rename(member: Member, memberId: string): void {
    this.#byId.delete(member.memberId)
    member.memberId = memberId
    this.#byId.set(memberId, member)
  }

  /** The longest that any of them may take to join again. */
  rebalanceTimeoutMs(): number {
    return this.all().reduce((maxMs, member) => Math.max(maxMs, member.rebalanceTimeoutMs), 0)
  }

  /** Names of protocols that every member speaks. */
  commonProtocols(): Set<string> {
    const [first, ...rest] = this.all()
    const names = (member: Member): Set<string> => new Set(member.protocols.map(({ name }) => name))
    if (first === undefined) return new Set()
    return rest.reduce((common, member) => common.intersection(names(member)), names(first))
  }

  /** Whether a member with these protocols has one in common with all the others. */
  accepts(protocols: readonly GroupProtocol[], except: Member | undefined): boolean {
    const others = this.all().filter((member) => member !== except)
    return protocols.some(({ name }) =>
      others.every((member) => member.protocols.some((known) => known.name === name)),
    )
  }

  /** Each member votes for the first of its protocols that all speak; most votes win, then the first named. */
  electProtocol(): string {
    const common = this.commonProtocols()
    const votes = new Map<string, number>()
    for (const { protocols } of this.all()) {
      const choice = protocols.find(({ name }) => common.has(name))?.name
      if (choice !== undefined) votes.set(choice, (votes.get(choice) ?? 0) + 1)
    }
    const [winner] = [...votes].toSorted(([, a], [, b]) => b - a)
    assert(winner !== undefined, 'members that joined have a protocol in common')
    return winner[0]
  }
}

export function sameProtocols(a: readonly GroupProtocol[], b: readonly GroupProtocol[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, metadata }, index) => {
      const other = b[index]
      return other !== undefined && other.name === name && other.metadata.equals(metadata)
    })
  )
}
