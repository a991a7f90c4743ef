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
  'kafka-features': `${tools}.FeatureCommand`,
  'kafka-acls': `${tools}.AclCommand`,
  'kafka-reassign-partitions': `${tools}.reassign.ReassignPartitionsCommand`,
} as const

const superUser = 'User:ANONYMOUS'

/** Files that commands name. */
const inputs = {
  DELETE: '{"partitions":[{"topic":"load","partition":0,"offset":100}],"version":1}',
  MOVES: '{"partitions":[{"topic":"load","partition":0,"replicas":[1]}],"version":1}',
} as const

/** A command: the tool, its arguments, and what it reads after `<`. */
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
  'kafka-reassign-partitions --reassignment-json-file MOVES --execute',
  'kafka-reassign-partitions --reassignment-json-file MOVES --verify',
  'kafka-reassign-partitions --list',
  'kafka-configs --alter --entity-type users --entity-name ann --add-config SCRAM-SHA-256=[iterations=4096,password=secret]',
  'kafka-configs --describe --entity-type users --entity-name ann',
  'kafka-configs --alter --entity-type users --entity-name ann --delete-config SCRAM-SHA-256',
  'kafka-configs --describe --entity-type users --entity-name ann',
  'kafka-cluster cluster-id',
  'kafka-cluster list-endpoints',
  'kafka-broker-api-versions',
  'kafka-features describe',
  'kafka-features downgrade --feature transaction.version=1',
  'kafka-features describe',
  'kafka-features upgrade --feature transaction.version=2 --dry-run',
  'kafka-features upgrade --feature transaction.version=2',
  'kafka-features upgrade --feature transaction.version=1',
  'kafka-features upgrade --feature transaction.version=9',
  'kafka-features upgrade --feature unheard.version=1',
  'kafka-features disable --feature group.version',
  'kafka-features upgrade --feature group.version=1',
  'kafka-acls --add --allow-principal User:ann --operation Read --operation Describe --topic orders',
  'kafka-acls --add --deny-principal User:bob --deny-host 10.0.0.1 --operation Write --topic or --resource-pattern-type prefixed',
  'kafka-acls --add --allow-principal User:ann --producer --topic load --transactional-id perf',
  'kafka-acls --add --allow-principal User:ann --consumer --topic orders --group shop',
  'kafka-acls --add --allow-principal User:ann --operation All --transactional-id perf --cluster',
  'kafka-acls --add --allow-principal ann --operation Read --topic orders',
  'kafka-acls --list',
  'kafka-acls --list --topic orders --resource-pattern-type match',
  'kafka-acls --list --principal User:bob',
  'kafka-acls --remove --force --allow-principal User:ann --operation Read --topic orders',
  'kafka-acls --remove --force --topic or --resource-pattern-type prefixed',
  'kafka-acls --remove --force --topic missing',
  'kafka-acls --list',
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

const notOffered = [
  '\\w+DelegationToken',
  'DescribeQuorum',
  'UnregisterBroker',
  '(?:Add|Remove)RaftVoter',
  '\\w*Share',
  'StreamsGroup',
] as const

const differences: readonly Difference[] = [
  {
    calls: ['kafka-transactions describe --transactional-id'],
    apache: /TIME {2}DURATION/,
    embedded: 'None  None',
    reason: 'when the last transaction began is forgotten when it has ended',
  },
  {
    calls: ['kafka-broker-api-versions'],
    apache: new RegExp(`^(  (?:${notOffered.join('|')})\\w*\\(\\d+\\)): [^,\n]*`, 'gm'),
    embedded: '$1: UNSUPPORTED',
    reason: 'the reference says what is not offered',
  },
  {
    calls: ['kafka-features describe'],
    apache: /^Feature: (?!group|transaction).*\n/gm,
    embedded: '',
    reason: 'it has the two that clients see the effect of',
  },
  {
    calls: ['kafka-features upgrade --feature transaction.version=1'],
    apache: /Can't downgrade .*/,
    embedded: 'The version cannot go down unless the request allows a downgrade.',
    reason: 'it says so in its own words, as all that follow',
  },
  {
    calls: ['kafka-features upgrade --feature transaction.version=9'],
    apache: /Local controller 1 only supports versions 0-2/,
    embedded: 'This broker supports the versions 0 to 2.',
    reason: '',
  },
  {
    calls: ['kafka-features upgrade --feature unheard.version=1'],
    apache: /Local controller 1 does/,
    embedded: 'This broker does',
    reason: '',
  },
]

/** The place of the address among a tool's arguments: some want it before the others. */
function withAddress(words: readonly string[], bootstrap: string): string[] {
  const [tool = '', ...rest] = words
  if (tool === 'kafka-transactions' || tool === 'kafka-features')
    return [tool, '--bootstrap-server', bootstrap, ...rest]
  return [tool, ...rest, '--bootstrap-server', bootstrap]
}

/** The script that `ConsoleTools.java` reads. */
function script(bootstrap: string): string {
  const lines = commands.map((command) => {
    const [call = '', input] = command.split(' < ')
    const words = call.split(' ').map((word) => (word in inputs ? join(folder, word) : word))
    const [tool = '', ...rest] = withAddress(words, bootstrap)
    const className = classes[tool as keyof typeof classes]
    return [call, className, ...rest, ...(input === undefined ? [] : ['stdin', input])].join('\t')
  })
  return `${lines.join('\n')}\n`
}

/** Without what differs between any two clusters, and without where in Java an error came up. */
function normal(transcript: string, bootstrap: string): string {
  return (
    transcript
      .replaceAll(bootstrap, 'HOST:PORT')
      .replaceAll(/^\tat .*\n|^Caused by: .*\n|^Querying brokers .*\n/gm, '')
      .replaceAll(/TopicId: \S+/g, 'TopicId: ID')
      .replaceAll(/\b\d{4}-\d\d-\d\d[T ][\d:.,]+\b/g, 'TIME')
      .replaceAll(/\b1[78]\d{11}\b/g, 'TIME')
      .replaceAll(/\d+ records sent, [^\n]*/g, 'RATES')
      .replaceAll(/^TIME, TIME, .*$/gm, 'TIME, TIME, RATES')
      .replaceAll(/Cluster ID: \S+/g, 'Cluster ID: ID')
      .replaceAll(/(?<=127\.0\.0\.1[ \t]+)\d+/g, 'PORT')
      .replaceAll(/Epoch: \d+/g, 'Epoch: EPOCH')
      // Where its versions begin is another release's matter: they reach down to 3.9.
      .replaceAll(/: (?:\d+ to )?(\d+) \[usable: \d+\]/g, ': up to $1')
      .replaceAll(/"(logDir|log_dirs)":(\[?)"[^"]*"/g, '"$1":$2"FOLDER"')
      .replaceAll(/"size":\d+/g, '"size":SIZE')
      .replaceAll(/(TIME[ \t]+)\d+[ \t]*$/gm, '$1DURATION')
      .replaceAll(/^\d+(?=[ \t]+\d+[ \t]+-?\d+[ \t]+-?\d+[ \t]+TIME)/gm, 'PRODUCER')
      .replaceAll(/(?<=\bperf[ \t]+(?:\d+[ \t]+)?)\d+(?=[ \t]+(?:\d+[ \t]+)?CompleteCommit)/g, 'PRODUCER')
      .replaceAll(/[ \t]+$/gm, '')
      .replaceAll(/[ \t]{2,}|\t/g, '  ')
  )
}

/** What each command wrote; groups and rules of access are listed in no order. */
function byCommand(transcript: string): Map<string, string> {
  const parts = transcript.split(/^\$ /m).slice(1)
  return new Map(
    parts.map((part, index) => {
      const [call = '', ...lines] = part.trimEnd().split('\n')
      const isList = /^kafka-(?:(?:consumer-)?groups --list|acls --add)/.test(call)
      const text = (isList ? lines.toSorted() : lines).join('\n')
      return [`${index + 1} ${call}`, call.startsWith('kafka-acls --list') ? paragraphsInOrder(text) : text]
    }),
  )
}

function paragraphsInOrder(text: string): string {
  const paragraphs = text.split('\n\n').map((paragraph) => {
    const [heading = '', ...lines] = paragraph.split('\n')
    return [heading, ...lines.toSorted()].join('\n')
  })
  return paragraphs.toSorted().join('\n\n')
}

let apache: ApacheKafka
let embedded: Broker
const transcripts = new Map<string, string>()

beforeAll(async () => {
  apache = await startApacheKafka({
    settings: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': superUser,
      'allow.everyone.if.no.acl.found': 'true',
    },
  })
  // As Apache Kafka has it in these tests.
  const topicDefaults = { 'min.insync.replicas': '1', 'retention.bytes': '-1' }
  embedded = new Broker({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    topicDefaults,
    superUsers: [superUser],
  })
  const places = { apache: apache.bootstrap, embedded: `127.0.0.1:${(await embedded.listen(0)).port}` }
  for (const [name, text] of Object.entries(inputs)) writeFileSync(join(folder, name), text)
  for (const [name, bootstrap] of Object.entries(places)) {
    const file = join(folder, name)
    writeFileSync(file, script(bootstrap))
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
