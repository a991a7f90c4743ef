import { InvalidArgumentError, Option, type Command } from 'commander'
import { systemClock } from '../../base/clock.ts'
import { StreamError } from '../../base/errors.ts'
import { systemRandom } from '../../base/random.ts'
import { brokerDefaults } from '../../broker/broker-config.ts'
import { configOf } from '../../broker/broker-settings.ts'
import { nearest } from '../../language/diagnostic.ts'
import {
  brokerSecurityOf,
  describeSecurity,
  withBrokerSecurity,
  type BrokerSecurityOptions,
} from '../broker-security.ts'
import { weighOutsideMemory } from '../collector.ts'
import { createLogger } from '../logger.ts'
import {
  portMax,
  portNumber,
  positiveWholeNumber,
  sizeBytes,
  withLogging,
  type LogOptions,
} from '../options.ts'
import type { Output } from '../output.ts'
import { startRegistry } from '../registry.ts'
import { aborted, stopSignal } from '../signals.ts'

/** More would not behave otherwise, but take ports. */
const nodesMax = 100

/** By name. */
type Settings = ReadonlyMap<string, string>

interface BrokerOptions extends LogOptions, BrokerSecurityOptions {
  readonly port: number
  readonly host: string
  readonly memory?: number
  readonly topics?: string
  readonly registry?: number
  readonly nodes: number
  readonly autoCreate: boolean
  readonly set?: Settings
}

export function addBrokerCommand(program: Command, output: Output): void {
  const command = program
    .command('broker')
    .description('run the embedded Kafka broker, in memory or on disk')
    .option('--port <n>', 'port to listen on; 0: any that is free', portNumber, 9092)
    .option('--host <name>', 'address to listen on', '127.0.0.1')
    .option('--data-dir <folder>', 'folder to keep records and all else in; without, in memory', folderName)
    .addOption(
      new Option('--memory <size>', 'what records in memory may take; beyond it they are refused: 4GiB')
        .argParser(sizeBytes)
        .conflicts('dataDir'),
    )
    .option(
      '--nodes <n>',
      'nodes of the cluster, each on a port of its own, all in this process',
      nodeCount,
      1,
    )
    .option('--topics <a:4,b:1>', 'topics to make, with their partitions')
    .option('--no-auto-create', 'refuse topics that are not there, instead of making them when a client asks')
    .option(
      '--set <name=value>',
      'a setting of the broker by the name that Apache Kafka has for it; may be given many times',
      addSetting,
    )
    .option(
      '--registry <port>',
      'port of a schema registry that keeps its schemas in the broker; 0: any that is free',
      portNumber,
    )
  withLogging(withBrokerSecurity(command), 'warn').action((options: BrokerOptions) =>
    runBroker(options, output),
  )
}

async function runBroker(options: BrokerOptions, output: Output): Promise<void> {
  const topics = parseTopics(options.topics ?? '')
  const { security, users } = brokerSecurityOf(options)
  const logger = createLogger(options.logLevel, options.logFormat, output)
  const { nodes, dataDir: dataFolder, autoCreate: autoCreateTopics } = options
  checkPorts(options)
  const memoryBytesMax = options.memory ?? brokerDefaults.memoryBytesMax
  weighOutsideMemory(dataFolder === undefined ? memoryBytesMax : 0)
  const { Broker } = await import('../../broker/broker.ts')
  const told = configOf(options.set ?? new Map(), hintForSetting)
  const settings = { nodes, dataFolder, users, autoCreateTopics, memoryBytesMax, ...told }
  const broker = new Broker({ clock: systemClock, random: systemRandom, logger, ...settings })
  const { signal, release } = stopSignal()
  try {
    const made = topics.map((asked) => ({
      ...asked,
      found: broker.cluster.createTopic(asked.name, { partitions: asked.partitions }),
    }))
    await broker.listen(options.port, options.host, security)
    const addresses = broker.cluster.nodeIds.map((nodeId) => broker.addressOf(nodeId))
    const bootstrap = addresses.map(({ host, port }) => `${host}:${port}`).join(',')
    output.line(
      `broker listening on ${bootstrap}, records in ${dataFolder ?? 'memory'}${describeSecurity(security)}`,
    )
    for (const { name, partitions, found } of made) {
      const difference = found === partitions ? '' : `, not ${partitions}: it was there already`
      output.line(`topic ${name}, ${found} partitions${difference}`)
    }
    await using registry =
      options.registry === undefined
        ? undefined
        : await startRegistry({ broker, host: options.host, port: options.registry }, logger)
    if (registry !== undefined) output.line(`schema registry listening on ${registry.url}`)
    await aborted(signal)
  } finally {
    await broker.close()
    release()
  }
}

/** An empty name is a variable of a shell that was not set, and would stand for the working folder. */
function folderName(text: string): string {
  if (text === '') throw new InvalidArgumentError('It takes a folder; "." is the one you are in.')
  return text
}

function addSetting(text: string, settings: Settings = new Map()): Settings {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It takes a name and a value, such as num.partitions=4.')
  return new Map([...settings, [name.trim(), value.trim()]])
}

function hintForSetting(name: string, names: readonly string[]): string {
  const inMs = name.replace(/\.(?:hours|minutes)$/, '.ms')
  if (inMs !== name && names.includes(inMs)) return `Use "${inMs}", in milliseconds.`
  const near = nearest(name, names)
  return near === undefined
    ? 'docs/reference/broker.md lists the settings of brokers.'
    : `Did you mean "${near}"?`
}

function nodeCount(text: string): number {
  const count = positiveWholeNumber(text)
  if (count > nodesMax) throw new InvalidArgumentError(`It takes 1 to ${nodesMax}.`)
  return count
}

/** Each node has a port of its own, one behind the other. */
function checkPorts({ port, nodes }: BrokerOptions): void {
  const last = port + nodes - 1
  if (port !== 0 && last > portMax)
    throw new StreamError('USAGE_INVALID', `${nodes} nodes from port ${port} on need ports up to ${last}`, {
      hint: `The highest port is ${portMax}; begin with a lower one, or 0 for any that are free.`,
    })
}

function parseTopics(text: string): { name: string; partitions: number }[] {
  const parts = text.split(',').filter((part) => part !== '')
  const names = new Set<string>()
  return parts.map((part) => {
    const [, name, partitions = '1'] = /^([A-Za-z0-9._-]{1,249})(?::(\d+))?$/.exec(part) ?? []
    if (name === undefined || Number(partitions) < 1) {
      throw new StreamError('USAGE_INVALID', `"${part}" is no topic with its partitions`, {
        hint: 'Write them as orders:4,users:1.',
      })
    }
    if (names.has(name)) throw new StreamError('USAGE_INVALID', `topic "${name}" is named twice`)
    names.add(name)
    return { name, partitions: Number(partitions) }
  })
}
