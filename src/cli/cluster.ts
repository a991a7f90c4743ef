import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { openKafka } from '../kafka/client.ts'
import type { Kafka } from '../kafka/contracts.ts'
import { tcpConnector } from '../kafka/tcp-connector.ts'
import type { KafkaSecurity } from './config/kafka-security.ts'
import type { ClusterOptions } from './options.ts'

/** A cluster for a command: closed when the command is done. */
export interface CommandCluster extends AsyncDisposable {
  readonly kafka: Kafka
}

export function openCluster(
  { bootstrap, connectTimeout }: ClusterOptions,
  logger: Logger,
  security: KafkaSecurity = { tls: undefined, sasl: undefined },
): CommandCluster {
  const { tls, sasl } = security
  const connector = tcpConnector({
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
  })
  const kafka = openKafka({
    bootstrap: bootstrap.split(',').map((address) => address.trim()),
    clientId: 'weft',
    connector,
    clock: systemClock,
    random: systemRandom,
    logger,
    ...(connectTimeout === undefined ? {} : { startTimeoutMs: connectTimeout }),
  })
  return { kafka, [Symbol.asyncDispose]: () => kafka.close() }
}
