import { sleep } from '../../src/base/clock.ts'
import { toStreamError, type ErrorCode } from '../../src/base/errors.ts'
import type { BrokerConfig } from '../../src/broker/broker-config.ts'
import type { SaslMechanism } from '../../src/broker/security/session.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import type { SaslSettings } from '../../src/kafka/tcp-connector.ts'
import type { TestCluster } from '../../src/testing/cluster.ts'

/** What the client said in the end. */
export type Outcome = 'goes on' | ErrorCode

/** Something that an application does with a client, and how to tell afterwards that no law was broken. */
export interface Workload {
  readonly name: string
  readonly transactionVersion: 1 | 2
  /** What its broker is told. */
  readonly broker?: Partial<BrokerConfig>
  /** How the subject proves who it is; nobody asks where absent. */
  readonly sasl?: SaslSettings & { readonly mechanism: SaslMechanism }
  /** APIs that it cannot do without: each of them is broken in turn. */
  readonly apis: readonly string[]
  /** Before any fault. */
  prepare(cluster: TestCluster): Promise<void>
  /** Runs to its end, whatever that is. @returns what is to be checked when the faults are over */
  run(world: World): Promise<Run>
}

export interface World {
  readonly cluster: TestCluster
  readonly subject: Kafka
  /** How long a batch is tried to be delivered. */
  readonly patienceMs: number
  /** An application that got this many errors gives up. */
  readonly errorsMax: number
}

export interface Run {
  readonly outcome: Outcome
  /** Throws where a law was broken. */
  readonly audit: () => Promise<void>
}

/** How an application goes on after an error, as the error advises; `never` ends it. */
export async function afterError(thrown: unknown, world: World, round: number): Promise<Outcome | undefined> {
  const { code, retry } = toStreamError(thrown)
  if (retry === 'never' || round >= world.errorsMax) return code
  if (retry === 'backoff') await sleep(world.cluster.clock, 100)
  return undefined
}

/** Values without their repetitions must be the values. */
export function duplicatesIn(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index)
}

export function mustBe(holds: boolean, law: string): asserts holds {
  if (!holds) throw new Error(`broken: ${law}`)
}
