import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { openKafka } from '../kafka/client.ts'
import type { Connector, Kafka } from '../kafka/contracts.ts'
import { tcpConnector } from '../kafka/tcp-connector.ts'
import type { ClusterOptions } from './options.ts'

/** A cluster for a command: closed when the command is done. */
export interface CommandCluster extends AsyncDisposable {
  readonly kafka: Kafka
}

export function openCluster(
  { bootstrap, connectTimeout }: ClusterOptions,
  logger: Logger,
  connector: Connector = tcpConnector(),
): CommandCluster {
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
