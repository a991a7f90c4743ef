/** Many faults at once, by chance: each request of the subject may be broken in any way that passes. Same seed, same storm. */
import type { Fault } from '../../src/broker/fault-control.ts'
import type { KafkaErrorName } from '../../src/protocol/error-codes.ts'
import { TestCluster } from '../../src/testing/cluster.ts'
import { openSubject, subjectId } from './subject.ts'
import type { Outcome, Workload } from './workload.ts'

const probability = 0.04
const timesEach = 3
/** Longer than the storm: what passes must be survived. */
const patienceMs = 60_000
const errorsMax = 50
const runLimitMs = 600_000
const passing: readonly KafkaErrorName[] = [
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_COORDINATOR',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NETWORK_EXCEPTION',
  'REQUEST_TIMED_OUT',
]

function faults(): Fault[] {
  const losses = (['cut', 'drop'] as const).flatMap((kind) =>
    (['before', 'after'] as const).map((when) => ({ kind, when })),
  )
  const late = (['before', 'after'] as const).map((when) => {
    return { kind: 'delay' as const, minMs: 1, maxMs: 1_500, when }
  })
  const errors = passing.flatMap((error) =>
    (['instead', 'after'] as const).map((when) => ({ kind: 'error' as const, error, when })),
  )
  return [...losses, ...late, ...errors]
}

/** @throws as `tryOut` does */
export async function weather(workload: Workload, seed: number): Promise<Outcome> {
  await using cluster = new TestCluster({
    seed,
    broker: { transactionVersion: workload.transactionVersion, ...workload.broker },
  })
  await workload.prepare(cluster)
  for (const fault of faults())
    cluster.broker.faults.add({ fault, clientId: subjectId, probability, times: timesEach })
  const subject = openSubject(cluster, patienceMs, workload.sasl)
  const world = { cluster, subject, patienceMs, errorsMax }
  const run = await cluster.run(workload.run(world), runLimitMs)
  cluster.broker.faults.clear()
  await cluster.run(run.audit(), runLimitMs)
  await cluster.run(subject.close())
  return run.outcome
}
