/** What a member tells the leader, and the leader every member: which topology they run. JSON, so that a reader may ignore what it does not know. */
export interface MemberFacts {
  readonly topologyHash: string
  readonly processId: string
  /** In an assignment: tasks wait for their owners to give them up, and another rebalance must follow. */
  readonly incomplete: boolean
  /** In a subscription: how often this member has asked for that rebalance; a coordinator heeds only what differs from before. */
  readonly followUps: number
}

export function encodeFacts(facts: MemberFacts): Buffer {
  return Buffer.from(JSON.stringify({ version: 1, ...facts }), 'utf8')
}

/** @returns undefined for what no Weft wrote: such a member gets no tasks */
export function decodeFacts(userData: Buffer): MemberFacts | undefined {
  try {
    const facts: unknown = JSON.parse(userData.toString('utf8'))
    if (typeof facts !== 'object' || facts === null) return undefined
    const { topologyHash, processId, incomplete, followUps } = facts as Record<string, unknown>
    if (typeof topologyHash !== 'string' || typeof processId !== 'string') return undefined
    return { topologyHash, processId, incomplete: incomplete === true, followUps: Number(followUps ?? 0) }
  } catch {
    return undefined
  }
}
