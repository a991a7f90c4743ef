import type { Random } from '../../../src/base/random.ts'
import type { Step } from '../../../src/testing/simulated-host.ts'
import { pick } from '../cases/case.ts'

/** What happens to a process when it comes to a step. */
export type Deed =
  | { readonly kind: 'kill' }
  /** The machine goes down with it: its disk loses some of what was not synced. */
  | { readonly kind: 'fail power' }
  | { readonly kind: 'stop' }
  /** Stopped in its tracks, as by SIGSTOP, and continued. */
  | { readonly kind: 'pause'; readonly forMs: number }
  /** No way to the cluster. */
  | { readonly kind: 'cut'; readonly forMs: number }

/** A deed that waits for a process to come to a step for the `skip + 1`th time. */
export interface Trap {
  readonly step: Step
  readonly deed: Deed
  skip: number
}

/** Where it hurts, by what the process is about. */
const steps = {
  commit: [
    'send Produce',
    'answer Produce',
    'send AddPartitionsToTxn',
    'answer AddPartitionsToTxn',
    'send TxnOffsetCommit',
    'answer TxnOffsetCommit',
    'send OffsetCommit',
    'answer OffsetCommit',
    'send EndTxn',
    'answer EndTxn',
    'write store',
    'wrote store',
    'send DeleteRecords',
  ],
  start: [
    'send InitProducerId',
    'answer InitProducerId',
    'send CreateTopics',
    'send OffsetFetch',
    'answer OffsetFetch',
    'send ListOffsets',
    'answer ListOffsets',
    'answer Fetch',
    'log task restores',
    'log task runs',
  ],
  rebalance: [
    'send JoinGroup',
    'answer JoinGroup',
    'send SyncGroup',
    'answer SyncGroup',
    'send Heartbeat',
    'answer Heartbeat',
    'log partitions revoked',
    'log partitions assigned',
    'log partitions lost',
    'log task closed',
  ],
  recovery: [
    'log transaction failed, going back to the last commit',
    'log thread failed, another takes its place',
  ],
  'shut-down': ['log task closed', 'log application state', 'send LeaveGroup'],
} as const satisfies Readonly<Record<string, readonly Step[]>>

export type Phase = keyof typeof steps
const phases: readonly Phase[] = ['commit', 'commit', 'commit', 'start', 'rebalance', 'recovery']

export function drawTrap(random: Random, phase: Phase = pick(random, phases)): Trap {
  return {
    step: pick<Step>(random, steps[phase]),
    deed: drawDeed(random),
    skip: random.below(phase === 'commit' ? 6 : 3),
  }
}

export function drawDeed(random: Random): Deed {
  const dice = random.next()
  if (dice < 0.35) return { kind: 'kill' }
  if (dice < 0.5) return { kind: 'fail power' }
  if (dice < 0.6) return { kind: 'stop' }
  // Sessions end after 6 s here, transactions after 10 s or more.
  const forMs = random.next() < 0.6 ? 6000 + random.below(5000) : random.below(30_000)
  return { kind: dice < 0.85 ? 'pause' : 'cut', forMs }
}
