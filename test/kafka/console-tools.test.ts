/**
 * Kafka's own console tools, unmodified, against the embedded broker and Apache Kafka: what they print must be the same, but for what no
 * two clusters share (ids, times, rates) and for the differences that stand in {@link differences} with their reasons.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { startApacheKafka, type ApacheKafka } from './apache-kafka.ts'
import { runJava } from './java-tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-tools-'))
const pinned = join(import.meta.dirname, 'console-tools.txt')
const tools = 'org.apache.kafka.tools'
const classes = {
  'kafka-topics': `${tools}.TopicCommand`,
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-producer': `${tools}.ConsoleProducer`,
  'kafka-console-consumer': `${tools}.consumer.ConsoleConsumer`,
  'kafka-producer-perf-test': `${tools}.ProducerPerformance`,
  'kafka-consumer-perf-test': `${tools}.ConsumerPerformance`,
  'kafka-get-offsets': `${tools}.GetOffsetShell`,
  'kafka-consumer-groups': `${tools}.consumer.group.ConsumerGroupCommand`,
  'kafka-groups': `${tools}.GroupsCommand`,
  'kafka-delete-records': `${tools}.DeleteRecordsCommand`,
  'kafka-transactions': `${tools}.TransactionsCommand`,
  'kafka-log-dirs': `${tools}.LogDirsCommand`,
  'kafka-leader-election': `${tools}.LeaderElectionCommand`,
  'kafka-cluster': `${tools}.ClusterTool`,
  'kafka-broker-api-versions': `${tools}.BrokerApiVersionsCommand`,
} as const

/** A command: the tool, its arguments, and what it reads after `<`. `DELETE` is the file that names records to delete. */
const commands = [
  'kafka-topics --create --topic orders --partitions 3 --replication-factor 1 --config retention.ms=86400000',
  'kafka-topics --create --topic orders --partitions 3',
  'kafka-topics --create --if-not-exists --topic orders --partitions 3',
  'kafka-topics --create --topic bad/name --partitions 1',
  'kafka-topics --alter --topic orders --partitions 4',
  'kafka-topics --alter --topic orders --partitions 2',
  'kafka-topics --create --topic load --partitions 1',
  'kafka-topics --describe --topic orders',
  'kafka-topics --describe --topic missing',
  'kafka-topics --list --exclude-internal',
  'kafka-configs --alter --entity-type topics --entity-name orders --add-config max.message.bytes=200000,cleanup.policy=compact',
  'kafka-configs --describe --entity-type topics --entity-name orders',
  'kafka-configs --alter --entity-type topics --entity-name orders --delete-config max.message.bytes',
  'kafka-configs --alter --entity-type topics --entity-name orders --add-config retention.ms=never',
  'kafka-configs --describe --entity-type topics --entity-name orders',
  'kafka-console-producer --topic orders --sync --property parse.key=true --property key.separator=: < a:1\\nb:2\\nc:3\\na:4\\nb:5\\nd:6\\n',
  'kafka-producer-perf-test --topic load --num-records 2000 --record-size 100 --throughput -1 --producer-props acks=all',
  'kafka-producer-perf-test --topic load --num-records 500 --record-size 100 --throughput -1 --transactional-id perf --transaction-duration-ms 60000',
  'kafka-get-offsets --topic orders',
  'kafka-get-offsets --topic orders --time earliest',
  'kafka-get-offsets --topic orders --time 4102444800000',
  'kafka-console-consumer --topic orders --from-beginning --max-messages 6 --group shop --property print.key=true --property print.partition=true --property print.offset=true',
  'kafka-consumer-perf-test --topic load --num-records 2000 --group perf-group',
  'kafka-consumer-groups --list',
  'kafka-groups --list',
  'kafka-consumer-groups --describe --group shop',
  'kafka-consumer-groups --describe --group shop --state',
  'kafka-consumer-groups --describe --group shop --members',
  'kafka-consumer-groups --describe --group nobody',
  'kafka-consumer-groups --reset-offsets --group shop --topic orders --to-earliest --dry-run',
  'kafka-consumer-groups --reset-offsets --group shop --topic orders --to-earliest --execute',
  'kafka-consumer-groups --reset-offsets --group shop --topic orders:0 --shift-by 1 --execute',
  'kafka-consumer-groups --reset-offsets --group shop --topic orders --to-datetime 2020-01-01T00:00:00.000 --execute',
  'kafka-consumer-groups --reset-offsets --group shop --all-topics --to-latest --execute',
  'kafka-consumer-groups --reset-offsets --group fresh --topic orders --to-offset 1 --execute',
  'kafka-consumer-groups --delete-offsets --group fresh --topic orders',
  'kafka-consumer-groups --describe --group shop --offsets',
  'kafka-delete-records --offset-json-file DELETE',
  'kafka-get-offsets --topic load --time earliest',
  'kafka-transactions list',
  'kafka-transactions describe --transactional-id perf',
  'kafka-transactions describe-producers --topic load --partition 0',
  'kafka-transactions find-hanging --broker-id 1',
  'kafka-consumer-groups --delete --group fresh',
  'kafka-consumer-groups --delete --group nobody',
  'kafka-log-dirs --describe --topic-list load',
  'kafka-leader-election --election-type preferred --topic orders --partition 0',
  'kafka-cluster cluster-id',
  'kafka-topics --delete --topic orders',
  'kafka-topics --delete --topic orders',
  'kafka-topics --list --exclude-internal',
]

interface Difference {
  /** The commands, by how they begin. */
  readonly calls: readonly string[]
  /** In what Apache Kafka has them print … */
  readonly apache: RegExp
  /** … this is what the embedded broker has them print instead. */
  readonly embedded: string
  readonly reason: string
}

const differences: readonly Difference[] = [
  {
    calls: ['kafka-transactions describe --transactional-id'],
    apache: /TIME {2}DURATION/,
    embedded: 'None  None',
    reason: 'when the last transaction began is forgotten when it has ended',
  },
]

/** The place of the address among a tool's arguments: `kafka-transactions` and `kafka-cluster` want it elsewhere. */
function withAddress(words: readonly string[], bootstrap: string): string[] {
  const [tool = '', ...rest] = words
  if (tool === 'kafka-transactions') return [tool, '--bootstrap-server', bootstrap, ...rest]
  return [tool, ...rest, '--bootstrap-server', bootstrap]
}

/** The script that `ConsoleTools.java` reads. */
function script(bootstrap: string, deletions: string): string {
  const lines = commands.map((command) => {
    const [call = '', input] = command.split(' < ')
    const words = call.replace('DELETE', deletions).split(' ')
    const [tool = '', ...rest] = withAddress(words, bootstrap)
    const className = classes[tool as keyof typeof classes]
    return [call, className, ...rest, ...(input === undefined ? [] : ['stdin', input])].join('\t')
  })
  return `${lines.join('\n')}\n`
}

/** Without what differs between any two clusters, and without where in Java an error came up. */
function normal(transcript: string, bootstrap: string): string {
  return transcript
    .replaceAll(bootstrap, 'HOST:PORT')
    .replaceAll(/^\tat .*\n|^Caused by: .*\n|^Querying brokers .*\n/gm, '')
    .replaceAll(/TopicId: \S+/g, 'TopicId: ID')
    .replaceAll(/\b\d{4}-\d\d-\d\d[T ][\d:.,]+\b/g, 'TIME')
    .replaceAll(/\b1[78]\d{11}\b/g, 'TIME')
    .replaceAll(/\d+ records sent, [^\n]*/g, 'RATES')
    .replaceAll(/^TIME, TIME, .*$/gm, 'TIME, TIME, RATES')
    .replaceAll(/Cluster ID: \S+/g, 'Cluster ID: ID')
    .replaceAll(/"logDir":"[^"]*"/g, '"logDir":"FOLDER"')
    .replaceAll(/"size":\d+/g, '"size":SIZE')
    .replaceAll(/(TIME[ \t]+)\d+[ \t]*$/gm, '$1DURATION')
    .replaceAll(/^\d+(?=[ \t]+\d+[ \t]+-?\d+[ \t]+-?\d+[ \t]+TIME)/gm, 'PRODUCER')
    .replaceAll(/(?<=\bperf[ \t]+(?:\d+[ \t]+)?)\d+(?=[ \t]+(?:\d+[ \t]+)?CompleteCommit)/g, 'PRODUCER')
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/[ \t]{2,}|\t/g, '  ')
}

/** What each command wrote; groups are listed in no order. */
function byCommand(transcript: string): Map<string, string> {
  const parts = transcript.split(/^\$ /m).slice(1)
  return new Map(
    parts.map((part, index) => {
      const [call = '', ...lines] = part.trimEnd().split('\n')
      const isList = /^kafka-(?:consumer-)?groups --list/.test(call)
      return [`${index + 1} ${call}`, (isList ? lines.toSorted() : lines).join('\n')]
    }),
  )
}

let apache: ApacheKafka
let embedded: Broker
const transcripts = new Map<string, string>()

beforeAll(async () => {
  apache = await startApacheKafka()
  // As Apache Kafka has it in these tests.
  const topicDefaults = { 'min.insync.replicas': '1', 'retention.bytes': '-1' }
  embedded = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger, topicDefaults })
  const places = { apache: apache.bootstrap, embedded: `127.0.0.1:${(await embedded.listen(0)).port}` }
  const deletions = join(folder, 'delete.json')
  writeFileSync(deletions, '{"partitions":[{"topic":"load","partition":0,"offset":100}],"version":1}')
  for (const [name, bootstrap] of Object.entries(places)) {
    const file = join(folder, name)
    writeFileSync(file, script(bootstrap, deletions))
    const logging = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=off']
    transcripts.set(name, normal(await runJava('weft.ConsoleTools', [file], undefined, logging), bootstrap))
  }
}, 600_000)

afterAll(async () => {
  await embedded.close()
  await apache.stop()
  rmSync(folder, { recursive: true })
}, 60_000)

test('the tools print on Apache Kafka what is written down', async () => {
  const written = [...byCommand(transcripts.get('apache') ?? '')].map(
    ([call, text]) => `$ ${call}\n${text}\n`,
  )
  await expect(written.join('\n')).toMatchFileSnapshot(pinned)
})

test('they print the same on the embedded broker', () => {
  const expected = byCommand(transcripts.get('apache') ?? '')
  expect(expected.size).toBe(commands.length)
  for (const { calls, apache: pattern, embedded: text } of differences) {
    const differing = [...expected].filter(([call]) => calls.some((start) => call.includes(` ${start}`)))
    expect(
      differing.some(([, said]) => said.search(pattern) >= 0),
      String(pattern),
    ).toBe(true)
    for (const [call, said] of differing) expected.set(call, said.replace(pattern, text))
  }
  expect(Object.fromEntries(byCommand(transcripts.get('embedded') ?? ''))).toEqual(
    Object.fromEntries(expected),
  )
})
