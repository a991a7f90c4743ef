import type { Command } from 'commander'
import { StreamError } from '../../base/errors.ts'
import { nearest } from '../../language/diagnostic.ts'
import type { Admin, TopicDescription } from '../../kafka/contracts.ts'
import { openCluster } from '../cluster.ts'
import { warnings } from '../logger.ts'
import { positiveWholeNumber, wholeNumber, withBootstrap, type ClusterOptions } from '../options.ts'
import type { Output } from '../output.ts'

interface CreateOptions extends ClusterOptions {
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: readonly string[]
}

export function addTopicsCommand(program: Command, output: Output): void {
  const topics = program.command('topics').description('list, make, describe and delete topics')
  withBootstrap(topics.command('list').description('list the topics')).action(
    async (options: ClusterOptions) => {
      await using cluster = openCluster(options, warnings(output))
      for (const topic of await cluster.kafka.admin.listTopics())
        output.line(`${topic.name}\t${topic.partitions.length} partitions`)
    },
  )
  withBootstrap(topics.command('create').description('make topics').argument('<names...>'))
    .option('--partitions <n>', 'how many partitions each gets', positiveWholeNumber, 4)
    .option(
      '--replication-factor <n>',
      'how many copies; the cluster decides where it is not given',
      wholeNumber,
    )
    .option('--config <name=value...>', 'topic configuration', [])
    .action((names: string[], options: CreateOptions) => createTopics(names, options, output))
  withBootstrap(
    topics.command('delete').description('delete topics with all their records').argument('<names...>'),
  ).action(async (names: string[], options: ClusterOptions) => {
    await using cluster = openCluster(options, warnings(output))
    const { admin } = cluster.kafka
    // First: where one of them is not there, the call is wrong, and none is deleted.
    await describe(admin, names)
    await admin.deleteTopics(names)
    for (const name of names) output.line(`deleted ${name}`)
  })
  withBootstrap(
    topics.command('describe').description('show partitions, offsets and configuration').argument('<name>'),
  ).action((name: string, options: ClusterOptions) => describeTopic(name, options, output))
}

async function createTopics(names: readonly string[], options: CreateOptions, output: Output): Promise<void> {
  const configs = Object.fromEntries(options.config.map(parseConfig))
  await using cluster = openCluster(options, warnings(output))
  const existing = await cluster.kafka.admin.createTopics(
    names.map((name) => ({
      name,
      partitions: options.partitions,
      replicationFactor: options.replicationFactor ?? -1,
      configs,
    })),
  )
  for (const name of names)
    output.line(existing.includes(name) ? `${name} exists already` : `created ${name}`)
}

function parseConfig(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1)
    throw new StreamError('USAGE_INVALID', `"${text}" is no topic configuration`, {
      hint: 'Write it as name=value.',
    })
  return [text.slice(0, at), text.slice(at + 1)]
}

/** @throws StreamError `TOPIC_MISSING` for the first that is not there, with a topic that is called almost so */
async function describe(admin: Admin, names: readonly string[]): Promise<readonly TopicDescription[]> {
  const described = await admin.describeTopics(names)
  const missing = names.find((name) => described.every((topic) => topic.name !== name))
  if (missing === undefined) return described
  const near = nearest(
    missing,
    (await admin.listTopics()).map(({ name }) => name),
  )
  throw new StreamError('TOPIC_MISSING', `topic "${missing}" does not exist`, {
    hint: near === undefined ? 'See which there are: weft topics list' : `Did you mean "${near}"?`,
  })
}

async function describeTopic(name: string, options: ClusterOptions, output: Output): Promise<void> {
  await using cluster = openCluster(options, warnings(output))
  const { admin } = cluster.kafka
  const [topic] = await describe(admin, [name])
  if (topic === undefined) return
  const partitions = topic.partitions.map(({ partition }) => ({ topic: name, partition }))
  const [starts, ends, configs] = await Promise.all([
    admin.listOffsets(partitions, 'earliest', 'read_uncommitted'),
    admin.listOffsets(partitions, 'latest', 'read_uncommitted'),
    admin.topicConfigs(name),
  ])
  output.line(`${name}  id ${topic.id}`)
  for (const { partition, leader } of topic.partitions) {
    const key = `${name}-${partition}`
    output.line(
      `  partition ${partition}  leader ${leader}  offsets ${starts.get(key) ?? 0} to ${ends.get(key) ?? 0}`,
    )
  }
  for (const [config, value] of Object.entries(configs)) output.line(`  ${config}=${value}`)
}
