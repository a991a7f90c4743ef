import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { systemRandom } from '../base/random.ts'
import type { Broker } from '../broker/broker.ts'
import { openKafka } from '../kafka/client.ts'
import { RegistryServer } from '../registry/registry-server.ts'
import { inMemoryConnector } from '../testing/in-memory-connector.ts'
import { openSchemaTopic } from './schema-topic.ts'

/** A schema registry beside an embedded broker: its schemas are records of the broker. */
export interface RunningRegistry extends AsyncDisposable {
  readonly url: string
}

export interface RegistryPlace {
  readonly broker: Broker
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

/** It reaches the broker within the process, whatever the broker asks of others. */
export async function startRegistry(
  { broker, host, port }: RegistryPlace,
  logger: Logger,
): Promise<RunningRegistry> {
  const kafka = openKafka({
    bootstrap: ['broker:9092'],
    clientId: 'schema-registry',
    connector: inMemoryConnector({ clock: systemClock, brokerAt: () => broker }),
    clock: systemClock,
    random: systemRandom,
    logger,
  })
  const close = async (server?: RegistryServer): Promise<void> => {
    await server?.close()
    await kafka.close()
  }
  let server: RegistryServer | undefined
  try {
    const log = await openSchemaTopic(kafka, systemClock)
    const opened = await RegistryServer.open({ logger, log })
    server = opened
    const address = await opened.listen({ host, port })
    return { url: `http://${address.host}:${address.port}`, [Symbol.asyncDispose]: () => close(opened) }
  } catch (error) {
    await close(server)
    throw error
  }
}
