/** Every way to break every API that a workload uses, and what became of it. */
import type { Fault, FaultRule } from '../../src/broker/fault-control.ts'
import {
  isRetriable,
  kafkaErrorCode,
  kafkaErrors,
  type KafkaErrorName,
} from '../../src/protocol/error-codes.ts'
import { TestCluster } from '../../src/testing/cluster.ts'
import { clusterMoves, moveRule, type ClusterMove } from './cluster-moves.ts'
import { openSubject, subjectId } from './subject.ts'
import type { Outcome, Workload } from './workload.ts'

export interface Cell {
  readonly workload: Workload
  readonly api: string
  readonly fault: Fault | ClusterMove
  /** Once, or from then on always. */
  readonly lasting: boolean
  /** So many requests of this API pass first. */
  readonly skip: number
}

/** Short beside the limit of a run, so that a fault that stays is given up in time. */
const patienceMs = 3_000
const errorsMax = 4
/** Virtual time: far beyond every limit that the subject has. */
const runLimitMs = 300_000

export function cellsOf(workload: Workload): Cell[] {
  const faults = [...errorFaults(), ...lossFaults()]
  const broken = workload.apis.flatMap((api) =>
    faults.flatMap((fault) =>
      [false, true].flatMap((lasting) =>
        skipsOf(api, fault).map((skip) => ({ workload, api, fault, lasting, skip })),
      ),
    ),
  )
  return [...broken, ...movedCells(workload)]
}

/** The first request for metadata names no topic. */
function skipsOf(api: string, { kind }: Fault): number[] {
  return kind !== 'error' || api === 'Metadata' ? [0, 1, 2] : [0]
}

/** A cluster that moves while its first requests of each kind come. */
function movedCells(workload: Workload): Cell[] {
  return workload.apis.flatMap((api) =>
    clusterMoves.flatMap((fault) =>
      [0, 1, 2, 3].map((skip) => ({ workload, api, fault, lasting: false, skip })),
    ),
  )
}

function errorFaults(): Fault[] {
  // The names are the table's own.
  const names = (Object.keys(kafkaErrors) as KafkaErrorName[]).filter((name) => name !== 'NONE')
  return names.flatMap((error) =>
    (['instead', 'after'] as const).map((when) => ({ kind: 'error' as const, error, when })),
  )
}

function lossFaults(): Fault[] {
  return (['cut', 'drop'] as const).flatMap((kind) =>
    (['before', 'after'] as const).map((when) => ({ kind, when })),
  )
}

/** What the fault is, in words: the same for all cells that are to have one outcome. */
export function faultText({ fault, lasting, skip }: Cell): string {
  const often = lasting ? 'always' : 'once'
  if (fault.kind === 'error') return `${fault.error} ${fault.when} ${often}, after ${skip}`
  if (fault.kind === 'move') return `${fault.what} move, after ${skip}`
  return `${fault.kind} ${'when' in fault ? fault.when : ''} ${often}, after ${skip}`
}

export function cellText(cell: Cell): string {
  return `${cell.workload.name}, ${cell.api}: ${faultText(cell)}`
}

/** Of these, that there is no such topic is the answer to what was asked, not trouble on the way. */
const asksForTopic = [
  'Metadata',
  'CreatePartitions',
  'DescribeConfigs',
  'IncrementalAlterConfigs',
  'DeleteTopics',
]

/** Whether a client that keeps its promises goes on: what passes by itself happened once. */
export function mustGoOn({ api, fault, lasting }: Cell): boolean {
  if (lasting) return false
  if (fault.kind === 'error' && fault.error === 'UNKNOWN_TOPIC_OR_PARTITION' && asksForTopic.includes(api))
    return false
  return fault.kind !== 'error' || isRetriable(kafkaErrorCode(fault.error))
}

/**
 * Runs the workload with the fault in a cluster of its own, then looks at what is in the cluster.
 *
 * @throws where the client hangs (in virtual time), loses what was acknowledged, writes twice or leaves a transaction open
 */
export async function tryOut(cell: Cell): Promise<Outcome> {
  const { workload, api, fault, skip } = cell
  await using cluster = new TestCluster({
    seed: 1,
    broker: {
      transactionVersion: workload.transactionVersion,
      ...workload.broker,
      ...(fault.kind === 'move' ? { nodes: 3 } : {}),
    },
  })
  await workload.prepare(cluster)
  const active = cluster.broker.faults.add(ruleOf(cell, cluster))
  const subject = openSubject(cluster, patienceMs, workload.sasl)
  const world = { cluster, subject, patienceMs, errorsMax }
  const run = await cluster.run(workload.run(world), runLimitMs)
  active.remove()
  await cluster.run(run.audit(), runLimitMs)
  await cluster.run(subject.close())
  if (active.hits === 0 && skip === 0) throw new Error(`${api} is not used by this workload`)
  return run.outcome
}

function ruleOf({ api, fault, lasting, skip }: Cell, cluster: TestCluster): FaultRule {
  if (fault.kind !== 'move')
    return { api, fault, skip, clientId: subjectId, ...(lasting ? {} : { times: 1 }) }
  return moveRule(cluster, fault, { api, clientId: subjectId }, skip)
}
