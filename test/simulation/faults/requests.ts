import type { Random } from '../../../src/base/random.ts'
import type { Fault, FaultRule } from '../../../src/broker/fault-control.ts'
import type { KafkaErrorName } from '../../../src/protocol/error-codes.ts'
import { pick } from '../cases/case.ts'

/** Every request of the engine, with answers that it can really get. */
export const errors: Readonly<Record<string, readonly KafkaErrorName[]>> = {
  Produce: ['NOT_LEADER_OR_FOLLOWER', 'REQUEST_TIMED_OUT', 'UNKNOWN_SERVER_ERROR', 'INVALID_PRODUCER_EPOCH'],
  // One such answer is enough to have everything twice: it is drawn as often as the others together.
  Fetch: ['NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_LEADER_EPOCH', 'OFFSET_OUT_OF_RANGE', 'OFFSET_OUT_OF_RANGE'],
  TxnOffsetCommit: [
    'NOT_COORDINATOR',
    'COORDINATOR_LOAD_IN_PROGRESS',
    'REBALANCE_IN_PROGRESS',
    'ILLEGAL_GENERATION',
    'UNKNOWN_MEMBER_ID',
    'INVALID_PRODUCER_EPOCH',
  ],
  EndTxn: [
    'NOT_COORDINATOR',
    'COORDINATOR_LOAD_IN_PROGRESS',
    'CONCURRENT_TRANSACTIONS',
    'PRODUCER_FENCED',
    'UNKNOWN_SERVER_ERROR',
  ],
  InitProducerId: ['NOT_COORDINATOR', 'CONCURRENT_TRANSACTIONS'],
  AddPartitionsToTxn: ['NOT_COORDINATOR', 'CONCURRENT_TRANSACTIONS'],
  AddOffsetsToTxn: ['NOT_COORDINATOR', 'CONCURRENT_TRANSACTIONS'],
  OffsetCommit: ['NOT_COORDINATOR', 'REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'],
  JoinGroup: ['NOT_COORDINATOR', 'COORDINATOR_LOAD_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'],
  SyncGroup: ['NOT_COORDINATOR', 'REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'],
  Heartbeat: ['NOT_COORDINATOR', 'REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'],
  LeaveGroup: ['NOT_COORDINATOR'],
  OffsetFetch: ['NOT_COORDINATOR', 'UNSTABLE_OFFSET_COMMIT'],
  ListOffsets: ['NOT_LEADER_OR_FOLLOWER'],
  FindCoordinator: ['COORDINATOR_NOT_AVAILABLE'],
  Metadata: ['REQUEST_TIMED_OUT'],
  CreateTopics: ['NOT_CONTROLLER', 'TOPIC_ALREADY_EXISTS'],
  DeleteRecords: ['NOT_LEADER_OR_FOLLOWER'],
  OffsetForLeaderEpoch: ['NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_LEADER_EPOCH', 'FENCED_LEADER_EPOCH'],
  DescribeTransactions: ['NOT_COORDINATOR', 'COORDINATOR_LOAD_IN_PROGRESS'],
  DescribeConfigs: ['REQUEST_TIMED_OUT'],
  IncrementalAlterConfigs: ['NOT_CONTROLLER', 'REQUEST_TIMED_OUT'],
}
const apis = Object.keys(errors)
/** Commits are where it hurts: they are drawn as often as all others together. */
const commitApis = ['Produce', 'TxnOffsetCommit', 'OffsetCommit', 'EndTxn', 'InitProducerId']

/** One rule for the applications' requests, drawn. */
export function drawFault(random: Random): FaultRule {
  const commit = random.next() < 0.5
  const api = pick(random, commit ? commitApis : apis)
  const rate = drawRate(random, commit ? 0.25 : 0.05)
  return { api, clientId: /^app-/, fault: drawKind(random, api), skip: random.below(4), ...rate }
}

/** A process's heartbeats are lost for longer than its session, and what a commit asks for takes nearly that long, or longer. */
export function drawLapse(random: Random, processId: string): FaultRule[] {
  const clientId = new RegExp(`^app-${processId}-`)
  const when = random.next() < 0.5 ? 'before' : 'after'
  const maxMs = random.next() < 0.5 ? 1900 : 8000
  return [
    { api: 'Heartbeat', clientId, fault: { kind: 'drop', when: 'before' }, times: 4 + random.below(4) },
    {
      api: ['Produce', 'AddOffsetsToTxn', 'TxnOffsetCommit', 'EndTxn'],
      clientId,
      fault: { kind: 'delay', minMs: 500, maxMs, when },
      skip: random.below(3),
      times: 2 + random.below(4),
    },
  ]
}

/** A few in a row, now and then some, or every one for as long as the rule stands: until whoever asks gives up. */
function drawRate(random: Random, every: number): Pick<FaultRule, 'times' | 'probability'> {
  const dice = random.next()
  if (dice < every) return {}
  return dice < 0.6 ? { times: 1 + random.below(3) } : { probability: 0.005 + random.next() * 0.1 }
}

function drawKind(random: Random, api: string): Fault {
  const when = random.next() < 0.5 ? 'before' : 'after'
  const dice = random.next()
  if (dice < 0.3) return { kind: 'cut', when }
  if (dice < 0.5) return { kind: 'delay', minMs: 1, maxMs: 1 + random.below(3000), when }
  if (dice < 0.6) return { kind: 'drop', when }
  if (dice < 0.65) return { kind: 'duplicate' }
  const error = pick<KafkaErrorName>(random, errors[api] ?? ['NOT_COORDINATOR'])
  return { kind: 'error', error, when: random.next() < 0.7 ? 'instead' : 'after' }
}
