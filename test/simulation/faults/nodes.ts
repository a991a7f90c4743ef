import type { Random } from '../../../src/base/random.ts'
import type { TestCluster } from '../../../src/testing/cluster.ts'
import { pick } from '../cases/case.ts'

/** Moves something about among the nodes of a cluster, or stops or starts one. One that runs is always left. */
export async function disturbNodes(cluster: TestCluster, random: Random, groupId: string): Promise<void> {
  const control = cluster.broker.cluster
  const running = control.nodeIds.filter((nodeId) => control.runs(nodeId))
  const resting = control.nodeIds.filter((nodeId) => !control.runs(nodeId))
  const node = pick(random, running)
  const dice = random.next()
  if (dice < 0.25 && resting.length > 0) return cluster.run(control.startNode(pick(random, resting)))
  if (dice < 0.4 && running.length > 1) return cluster.run(control.stopNode(node))
  if (dice < 0.7) return control.moveCoordinator('group', groupId, node)
  const topics = (await cluster.run(cluster.kafka.admin.listTopics())).filter(
    ({ partitions }) => partitions.length > 0,
  )
  const { name, partitions } = pick(random, topics)
  control.moveLeader(name, random.below(partitions.length), node)
}

export async function startAllNodes(cluster: TestCluster): Promise<void> {
  const control = cluster.broker.cluster
  for (const nodeId of control.nodeIds) await cluster.run(control.startNode(nodeId))
}
