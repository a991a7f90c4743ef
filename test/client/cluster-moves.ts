/** What happens to a cluster of three nodes while a client works with it. */
import { sleep } from '../../src/base/clock.ts'
import type { FaultRule, InterceptedRequest } from '../../src/broker/fault-control.ts'
import type { TestCluster } from '../../src/testing/cluster.ts'

export interface ClusterMove {
  readonly kind: 'move'
  /** All leaders, all coordinators, or the node that is asked, which comes back. */
  readonly what: 'leaders' | 'coordinators' | 'node'
}

export const clusterMoves: readonly ClusterMove[] = (['leaders', 'coordinators', 'node'] as const).map(
  (what) => ({
    kind: 'move',
    what,
  }),
)

const awayMs = 1_500
const topics = { t: 2, in: 1, out: 2, kept: 1 } as const
const keys = [
  ['group', 'g'],
  ['transaction', 'mover'],
] as const

/** Hits the request that is `skip` after the first one to fit: the cluster moves, and the request goes on to what is there then. */
export function moveRule(
  cluster: TestCluster,
  { what }: ClusterMove,
  rule: Omit<FaultRule, 'fault'>,
  skip: number,
): FaultRule {
  let seen = 0
  const where = (request: InterceptedRequest): boolean => {
    if (seen++ !== skip) return false
    moves[what](cluster, request.nodeId)
    return true
  }
  return { ...rule, where, fault: { kind: 'delay', minMs: 0, maxMs: 0, when: 'before' } }
}

const moves = {
  leaders: ({ broker }: TestCluster): void => {
    for (const [topic, partitions] of Object.entries(topics)) {
      for (let partition = 0; partition < partitions; partition++)
        moveLeader(broker.cluster, topic, partition)
    }
  },
  coordinators: ({ broker }: TestCluster): void => {
    for (const [kind, key] of keys)
      broker.cluster.moveCoordinator(kind, key, after(broker.cluster.coordinatorOf(kind, key)))
  },
  node: (cluster: TestCluster, nodeId: number): void => void stopAndStart(cluster, nodeId),
} as const

function after(nodeId: number): number {
  return (nodeId % 3) + 1
}

function moveLeader(control: TestCluster['broker']['cluster'], topic: string, partition: number): void {
  try {
    control.moveLeader(topic, partition, after(control.leaderOf(topic, partition)))
  } catch {
    // A topic of another workload.
  }
}

async function stopAndStart({ broker, clock }: TestCluster, nodeId: number): Promise<void> {
  await broker.cluster.stopNode(nodeId)
  await sleep(clock, awayMs)
  await broker.cluster.startNode(nodeId)
}
