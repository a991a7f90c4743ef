import type { Command } from 'commander'
import { systemClock } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import { systemRandom } from '../../base/random.ts'
import { Broker } from '../../broker/broker.ts'
import { openCluster } from '../cluster.ts'
import { createLogger } from '../logger.ts'
import { portNumber, withLogging, type LogOptions } from '../options.ts'
import type { Output } from '../output.ts'
import { startRegistry } from '../registry.ts'
import { aborted, stopSignal } from '../signals.ts'

interface BrokerOptions extends LogOptions {
  readonly port: number
  readonly host: string
  readonly topics?: string
  readonly registry?: number
  readonly dataDir?: string
}

export function addBrokerCommand(program: Command, output: Output): void {
  withLogging(
    program.command('broker').description('run the embedded Kafka broker, in memory or on disk'),
    'warn',
  )
    .option('--port <n>', 'port to listen on; 0: any that is free', portNumber, 9092)
    .option('--host <name>', 'address to listen on', '127.0.0.1')
    .option('--data-dir <folder>', 'folder to keep records and all else in; without, in memory')
    .option('--topics <a:4,b:1>', 'topics to make, with their partitions')
    .option(
      '--registry <port>',
      'port of a schema registry that keeps its schemas in the broker; 0: any that is free',
      portNumber,
    )
    .action((options: BrokerOptions) => runBroker(options, output))
}

async function runBroker(options: BrokerOptions, output: Output): Promise<void> {
  const topics = parseTopics(options.topics ?? '')
  const logger = createLogger(options.logLevel, options.logFormat, output)
  const { dataDir: dataFolder } = options
  const broker = new Broker({ clock: systemClock, random: systemRandom, logger, dataFolder })
  const { signal, release } = stopSignal()
  try {
    const { host, port } = await broker.listen(options.port, options.host)
    if (topics.length > 0) {
      await using cluster = openCluster({ bootstrap: `${host}:${port}` }, logger)
      await cluster.kafka.admin.createTopics(topics)
    }
    output.line(`broker listening on ${host}:${port}, records in ${dataFolder ?? 'memory'}`)
    for (const topic of topics) output.line(`topic ${topic.name}, ${topic.partitions} partitions`)
    await using registry =
      options.registry === undefined
        ? undefined
        : await startRegistry(
            { bootstrap: `${host}:${port}`, host: options.host, port: options.registry },
            logger,
          )
    if (registry !== undefined) output.line(`schema registry listening on ${registry.url}`)
    await aborted(signal)
  } finally {
    await broker.close()
    release()
  }
}

function parseTopics(
  text: string,
): { name: string; partitions: number; replicationFactor: number; configs: Record<string, string> }[] {
  const parts = text.split(',').filter((part) => part !== '')
  return parts.map((part) => {
    const [, name, partitions = '1'] = /^([A-Za-z0-9._-]{1,249})(?::(\d+))?$/.exec(part) ?? []
    if (name === undefined || Number(partitions) < 1) {
      throw new StreamError('USAGE_INVALID', `"${part}" is no topic with its partitions`, {
        hint: 'Write them as orders:4,users:1.',
      })
    }
    return { name, partitions: Number(partitions), replicationFactor: -1, configs: {} }
  })
}
