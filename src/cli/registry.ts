import { systemClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { RegistryServer } from '../registry/registry-server.ts'
import { openCluster } from './cluster.ts'
import { openSchemaTopic } from './schema-topic.ts'

/** A schema registry beside an embedded broker: its schemas are records of the broker. */
export interface RunningRegistry extends AsyncDisposable {
  readonly url: string
}

export interface RegistryPlace {
  /** Of the broker. */
  readonly bootstrap: string
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

export async function startRegistry(
  { bootstrap, host, port }: RegistryPlace,
  logger: Logger,
): Promise<RunningRegistry> {
  const cluster = openCluster({ bootstrap }, logger)
  const log = await openSchemaTopic(cluster.kafka, systemClock)
  const server = await RegistryServer.open({ logger, log })
  const close = async (): Promise<void> => {
    await server.close()
    await cluster[Symbol.asyncDispose]()
  }
  try {
    const address = await server.listen({ host, port })
    return { url: `http://${address.host}:${address.port}`, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
