import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import { openKafka } from '../kafka/client.ts'
import type { Kafka } from '../kafka/contracts.ts'
import { connectTimeoutMsDefault, tcpConnector } from '../kafka/tcp-connector.ts'
import { producerOfFile, securityOfFile } from './config/kafka-properties-file.ts'
import type { KafkaSecurity } from './config/kafka-security.ts'
import type { DraftSettings } from './config/kafka-properties.ts'
import type { RunConfig } from './config/run-config.ts'
import { emptyConfig } from './config/run-settings.ts'
import type { ClusterOptions } from './options.ts'

/** A cluster for a command: closed when the command is done. */
export interface CommandCluster extends AsyncDisposable {
  readonly kafka: Kafka
}

/** What `--command-config` says, or else a runner file. */
export function securityFor(
  { commandConfig }: Pick<ClusterOptions, 'commandConfig'>,
  config: Pick<RunConfig, 'security'> = emptyConfig,
): KafkaSecurity {
  return commandConfig === undefined ? config.security : securityOfFile(commandConfig)
}

/** What `--command-config` says of producers goes before what a runner file does. */
export function producerFor(
  { commandConfig }: Pick<ClusterOptions, 'commandConfig'>,
  { settings }: Pick<RunConfig, 'settings'> = emptyConfig,
): DraftSettings['producer'] {
  return { ...settings.producer, ...producerOfFile(commandConfig) }
}

/** @param config - a runner file, for what the options do not say */
export function openCluster(
  options: ClusterOptions,
  logger: Logger,
  config?: Pick<RunConfig, 'security'>,
): CommandCluster {
  const { bootstrap, connectTimeout } = options
  const { tls, sasl } = securityFor(options, config)
  const connector = tcpConnector({
    // One attempt takes no longer than all of them may.
    ...(connectTimeout === undefined
      ? {}
      : { connectTimeoutMs: Math.min(connectTimeout, connectTimeoutMsDefault) }),
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
