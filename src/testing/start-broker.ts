import { systemClock, type Clock } from '../base/clock.ts'
import { silentLogger, type Logger } from '../base/logger.ts'
import { seededRandom } from '../base/random.ts'
import { Broker, type ListenerSecurity } from '../broker/broker.ts'
import type { BrokerConfig } from '../broker/broker-config.ts'

export interface StartOptions extends Partial<BrokerConfig> {
  /** Of the first node, the others have those that follow; any that are free where absent. */
  readonly port?: number
  /** Names and how many partitions each has. */
  readonly topics?: Readonly<Record<string, number>>
  /** TLS and SASL; without, anyone may come. */
  readonly security?: ListenerSecurity
  /** Real time where absent. */
  readonly clock?: Clock
  /** Of all chance: ids, and the dice of faults. */
  readonly seed?: number
  readonly logger?: Logger
}

/** A broker that listens; closed by `await using`, or by {@link RunningBroker.close}. */
export interface RunningBroker extends AsyncDisposable {
  /** What clients are given: `127.0.0.1:40213`, all nodes separated by commas. */
  readonly bootstrap: string
  readonly broker: Broker
  close(): Promise<void>
}

/**
 * Starts an embedded Kafka broker on the loopback.
 *
 * @example
 * await using kafka = await startBroker({ topics: { orders: 4 } })
 * const client = new YourClient({ bootstrapServers: kafka.bootstrap })
 *
 * @throws StreamError `PORT_IN_USE`, `CONFIG_INVALID`, `TOPIC_INVALID`
 */
export async function startBroker(options: StartOptions = {}): Promise<RunningBroker> {
  const {
    port = 0,
    topics = {},
    security,
    clock = systemClock,
    seed = 1,
    logger = silentLogger,
    ...config
  } = options
  const broker = new Broker({ ...config, clock, random: seededRandom(seed), logger })
  const close = (): Promise<void> => broker.close()
  try {
    for (const [name, partitions] of Object.entries(topics)) broker.cluster.createTopic(name, { partitions })
    await broker.listen(port, '127.0.0.1', security)
  } catch (error) {
    await close()
    throw error
  }
  const bootstrap = broker.cluster.nodeIds
    .map((nodeId) => broker.addressOf(nodeId))
    .map(({ host, port }) => `${host}:${port}`)
    .join(',')
  return { bootstrap, broker, close, [Symbol.asyncDispose]: close }
}
