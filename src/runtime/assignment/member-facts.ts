/** What a member tells the leader, and the leader every member: which topology they run. JSON, so that a reader may ignore what it does not know. */
export interface MemberFacts {
  readonly topologyHash: string
  readonly processId: string
}

export function encodeFacts(facts: MemberFacts): Buffer {
  return Buffer.from(JSON.stringify({ version: 1, ...facts }), 'utf8')
}

/** @returns undefined for what no Weft wrote: such a member gets no tasks */
export function decodeFacts(userData: Buffer): MemberFacts | undefined {
  try {
    const facts: unknown = JSON.parse(userData.toString('utf8'))
    if (typeof facts !== 'object' || facts === null) return undefined
    const { topologyHash, processId } = facts as Record<string, unknown>
    return typeof topologyHash === 'string' && typeof processId === 'string'
      ? { topologyHash, processId }
      : undefined
  } catch {
    return undefined
  }
}
