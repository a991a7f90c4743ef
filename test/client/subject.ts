/** The client whose behaviour is looked at, beside the test's own, which no fault ever meets. */
import { silentLogger } from '../../src/base/logger.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import { inMemoryConnector } from '../../src/testing/in-memory-connector.ts'
import type { TestCluster } from '../../src/testing/cluster.ts'

export const subjectId = 'subject'
const requestTimeoutMs = 1_000

/** @param patienceMs - how long it tries again */
export function openSubject({ clock, random, broker }: TestCluster, patienceMs: number): Kafka {
  return openKafka({
    bootstrap: ['broker:9092'],
    clientId: subjectId,
    connector: inMemoryConnector({ clock, brokerAt: () => broker }),
    clock,
    random,
    logger: silentLogger,
    requestTimeoutMs,
    startTimeoutMs: patienceMs,
    retryTimeoutMs: patienceMs,
  })
}
