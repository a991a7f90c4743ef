/** The client whose behaviour is looked at, beside the test's own, which no fault ever meets. */
import { silentLogger } from '../../src/base/logger.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import { inMemoryConnector } from '../../src/testing/in-memory-connector.ts'
import type { TestCluster } from '../../src/testing/cluster.ts'

export const subjectId = 'subject'
/** Short beside the limit of a run, so that a fault that stays is given up in time. */
export const limits = { requestTimeoutMs: 1_000, startTimeoutMs: 3_000, retryTimeoutMs: 3_000 } as const

export function openSubject({ clock, random, broker }: TestCluster): Kafka {
  return openKafka({
    bootstrap: ['broker:9092'],
    clientId: subjectId,
    connector: inMemoryConnector({ clock, brokerAt: () => broker }),
    clock,
    random,
    logger: silentLogger,
    ...limits,
  })
}
