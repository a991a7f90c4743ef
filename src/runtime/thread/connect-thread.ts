import { openKafka } from '../../kafka/client.ts'
import type { Kafka, Producer } from '../../kafka/contracts.ts'
import { nameInCluster } from '../../topology/name-pattern.ts'
import { tcpConnector } from '../../kafka/tcp-connector.ts'
import type { ThreadParts } from './thread-parts.ts'

/** Who a stream thread is for the cluster: the same after a restart. */
export function threadName({ processId, index }: Pick<ThreadParts, 'processId' | 'index'>): string {
  return `${processId}-${index + 1}`
}

/** The thread's own connections. */
export function connectThread(parts: ThreadParts): Kafka {
  const { options, surroundings } = parts
  const { bootstrap, tls, sasl } = options.kafka
  const { clock, random, logger } = surroundings
  const connector =
    surroundings.connector ??
    tcpConnector({ clock, ...(tls === undefined ? {} : { tls }), ...(sasl === undefined ? {} : { sasl }) })
  const clientId = `${options.applicationId}-${threadName(parts)}`
  const { startTimeoutMs, requestTimeoutMs, retryTimeoutMs } = options
  return openKafka({
    bootstrap: bootstrap.split(','),
    clientId,
    connector,
    clock,
    random,
    logger,
    startTimeoutMs,
    requestTimeoutMs,
    retryTimeoutMs,
  })
}

/**
 * A producer that is ready: with exactly once, whatever transaction its transactional id had open has ended, by commit or by abort.
 */
export async function openProducer(kafka: Kafka, parts: ThreadParts): Promise<Producer> {
  const { options } = parts
  const transactional = {
    id: nameInCluster(`${options.applicationId}-${threadName(parts)}`, options.names.transaction),
    timeoutMs: options.transactionTimeoutMs,
  }
  const producer = kafka.producer({
    ...options.producer,
    bufferBytes: options.bounds.producerBytes,
    ...(options.guarantee === 'exactly_once_v2' ? { transactional } : {}),
  })
  try {
    await producer.init()
    return producer
  } catch (error) {
    await producer.close()
    throw error
  }
}
