import type { Random } from '../../src/base/random.ts'
import type { Fault, FaultRule } from '../../src/broker/fault-control.ts'

const apis = [
  'Produce',
  'Fetch',
  'TxnOffsetCommit',
  'EndTxn',
  'InitProducerId',
  'AddPartitionsToTxn',
  'AddOffsetsToTxn',
  'JoinGroup',
  'SyncGroup',
  'Heartbeat',
  'OffsetFetch',
  'ListOffsets',
  'FindCoordinator',
  'Metadata',
]
/** Commits are where it hurts: they are drawn as often as all others together. */
const commitApis = ['Produce', 'TxnOffsetCommit', 'EndTxn', 'InitProducerId']

/** Answers that such a request can really get. */
const errors: Readonly<Record<string, readonly (Fault & { kind: 'error' })['error'][]>> = {
  Produce: ['NOT_LEADER_OR_FOLLOWER', 'REQUEST_TIMED_OUT', 'UNKNOWN_SERVER_ERROR', 'INVALID_PRODUCER_EPOCH'],
  Fetch: ['NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_LEADER_EPOCH'],
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
  JoinGroup: ['NOT_COORDINATOR', 'COORDINATOR_LOAD_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'],
  SyncGroup: ['NOT_COORDINATOR', 'REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'],
  Heartbeat: ['NOT_COORDINATOR', 'REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'],
  OffsetFetch: ['NOT_COORDINATOR', 'UNSTABLE_OFFSET_COMMIT'],
  ListOffsets: ['NOT_LEADER_OR_FOLLOWER'],
  FindCoordinator: ['COORDINATOR_NOT_AVAILABLE'],
  Metadata: ['REQUEST_TIMED_OUT'],
}

/** One rule for the applications' requests, drawn. */
export function drawFault(random: Random): FaultRule {
  const api = pick(random, random.next() < 0.5 ? commitApis : apis)
  const rate =
    random.next() < 0.5 ? { times: 1 + random.below(3) } : { probability: 0.005 + random.next() * 0.1 }
  return { api, clientId: /^app-/, fault: drawKind(random, api), skip: random.below(4), ...rate }
}

function drawKind(random: Random, api: string): Fault {
  const when = random.next() < 0.5 ? 'before' : 'after'
  const dice = random.next()
  if (dice < 0.3) return { kind: 'cut', when }
  if (dice < 0.5) return { kind: 'delay', minMs: 1, maxMs: 1 + random.below(3000), when }
  if (dice < 0.6) return { kind: 'drop' }
  return {
    kind: 'error',
    error: pick(random, errors[api] ?? ['NOT_COORDINATOR']),
    when: random.next() < 0.7 ? 'instead' : 'after',
  }
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)] as T
}
