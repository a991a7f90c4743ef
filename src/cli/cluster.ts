import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { openKafka } from '../kafka/client.ts'
import type { Kafka } from '../kafka/contracts.ts'
import { tcpConnector } from '../kafka/tcp-connector.ts'
import { securityOfFile } from './config/kafka-properties-file.ts'
import type { KafkaSecurity } from './config/kafka-security.ts'
import type { ClusterOptions } from './options.ts'

/** A cluster for a command: closed when the command is done. */
export interface CommandCluster extends AsyncDisposable {
  readonly kafka: Kafka
}

/** @param security - where it does not come from `--command-config` */
export function openCluster(
  { bootstrap, connectTimeout, commandConfig }: ClusterOptions,
  logger: Logger,
  security: KafkaSecurity = securityOfFile(commandConfig),
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
