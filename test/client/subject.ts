/** The client whose behaviour is looked at, beside the test's own, which no fault ever meets. */
import { silentLogger } from '../../src/base/logger.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Connector, Kafka } from '../../src/kafka/contracts.ts'
import { connectSasl, tokensOf } from '../../src/kafka/transport/sasl-connection.ts'
import { inMemoryConnector, type ReachedBroker } from '../../src/testing/in-memory-connector.ts'
import type { TestCluster } from '../../src/testing/cluster.ts'
import type { Workload } from './workload.ts'

export const subjectId = 'subject'
const requestTimeoutMs = 1_000

/** @param patienceMs - how long it tries again */
export function openSubject(cluster: TestCluster, patienceMs: number, sasl?: Workload['sasl']): Kafka {
  const { clock, random } = cluster
  return openKafka({
    bootstrap: ['broker:9092'],
    clientId: subjectId,
    connector: sasl === undefined ? plainConnector(cluster) : saslConnector(cluster, sasl),
    clock,
    random,
    logger: silentLogger,
    requestTimeoutMs,
    startTimeoutMs: patienceMs,
    retryTimeoutMs: patienceMs,
  })
}

function plainConnector({ clock, broker }: TestCluster): Connector {
  return inMemoryConnector({ clock, brokerAt: () => broker })
}

/** As over TCP: the broker asks for SASL, and the client gives it on each connection. */
function saslConnector({ clock, broker }: TestCluster, sasl: NonNullable<Workload['sasl']>): Connector {
  const asking: ReachedBroker = {
    cluster: broker.cluster,
    addressOf: (nodeId) => broker.addressOf(nodeId),
    connect: (host, nodeId) => broker.connect(host, nodeId, { mechanisms: [sasl.mechanism] }),
  }
  const plain = inMemoryConnector({ clock, brokerAt: () => asking })
  const token = tokensOf(sasl, clock)
  return {
    connect: async (host, port, clientId) => {
      const connection = await plain.connect(host, port, clientId)
      return connectSasl({ host, port, clock, stepTimeoutMs: requestTimeoutMs, sasl, token }, connection)
    },
  }
}
