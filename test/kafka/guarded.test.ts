/**
 * A conversation of twelve steps with a broker that asks who is there and what they may do: SASL by each mechanism, and topics, groups and
 * transactional ids that are open or closed to a user. Held by clients that others made and by ours, with Apache Kafka of two releases and
 * the embedded broker; what differs stands in {@link differences} with its reason. The steps are those of `java/…/Guarded.java`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openKafka } from '../../src/kafka/client.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import {
  clientsOf,
  expectedOf,
  holdConversations,
  prefixOf,
  wakeCoordinators,
  type Differences,
  type Transcript,
} from './conversation-scripts.ts'
import { runJava } from './java-tools.ts'
import { passwords, startSecuredKafka } from './secured-kafka.ts'

const clients = clientsOf('weft.Guarded', 'guarded-')

/** Where a client sees something else than the transcript, and why. */
const differences: Differences = {
  librdkafka: { 'wrong-secret': ['error:_AUTHENTICATION', 'it has an error of its own for it'] },
  KafkaJS: {
    'wrong-secret': ['error:KafkaJSSASLAuthenticationError', 'it keeps no number of it'],
    'transaction-closed': [
      'error:KafkaJSGroupCoordinatorNotFound',
      'it says only that it finds no coordinator',
    ],
    'group-closed': ['error:KafkaJSGroupCoordinatorNotFound', 'it says only that it finds no coordinator'],
  },
  platformatic: {
    'transaction-open': [
      'error:CLUSTER_AUTHORIZATION_FAILED',
      'it adds partitions in the way that is for brokers among themselves',
    ],
  },
  Weft: { 'wrong-secret': ['error:AUTHENTICATION_FAILED', 'it says so in its own words'] },
}

interface Guarded extends AsyncDisposable {
  /** Where everything may be done. */
  readonly bootstrap: string
  /** Where SASL is asked for. */
  readonly sasl: string
}

async function startEmbedded(): Promise<Guarded> {
  const embedded = new Broker({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    users: passwords,
    superUsers: ['User:boss', 'User:ANONYMOUS'],
    allowEveryoneIfNoAclFound: false,
  })
  const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
  const [open, guarded] = [
    await embedded.listen(0),
    await embedded.listen(0, '127.0.0.1', { sasl: { mechanisms } }),
  ]
  return {
    bootstrap: `127.0.0.1:${open.port}`,
    sasl: `127.0.0.1:${guarded.port}`,
    [Symbol.asyncDispose]: () => embedded.close(),
  }
}

async function startApache(release: '4.3' | '3.9'): Promise<Guarded> {
  const apache = await startSecuredKafka(release, 0)
  await wakeCoordinators(apache.bootstrap)
  return {
    bootstrap: apache.bootstrap,
    sasl: apache.at('SASL'),
    [Symbol.asyncDispose]: () => apache[Symbol.asyncDispose](),
  }
}

const brokers = {
  'Apache Kafka 4.3': () => startApache('4.3'),
  'Apache Kafka 3.9': () => startApache('3.9'),
  'the embedded broker': startEmbedded,
} as const

const rightsTo = (open: string): string[][] => [
  ['TOPIC', open, 'READ'],
  ['TOPIC', open, 'WRITE'],
  ['TOPIC', open, 'DESCRIBE'],
  ['GROUP', open, 'READ'],
  ['TRANSACTIONAL_ID', open, 'WRITE'],
  ['TRANSACTIONAL_ID', open, 'DESCRIBE'],
]

/** Topics of each client, and what "ann" may do with them. */
async function prepare({ bootstrap }: Guarded, prefixes: readonly string[]): Promise<void> {
  const kafka = openKafka({ bootstrap: [bootstrap], clientId: 'prepare', connector: tcpConnector() })
  const names = prefixes.flatMap((prefix) => [`${prefix}-open`, `${prefix}-closed`])
  await kafka.admin.createTopics(
    names.map((name) => ({ name, partitions: 1, replicationFactor: 1, configs: {} })),
  )
  await kafka.close()
  const rights = prefixes.map((prefix) => `${prefix}-open`).flatMap((open) => rightsTo(open).flat())
  await runJava('weft.GrantRights', [bootstrap, 'ann', ...rights])
}

describe.each(Object.entries(brokers))('%s', (_, start) => {
  let transcripts: ReadonlyMap<string, Transcript>
  let broker: Guarded | undefined

  beforeAll(async () => {
    broker = await start()
    await prepare(broker, Object.keys(clients).map(prefixOf))
    transcripts = await holdConversations(clients, broker.sasl, passwords.ann, passwords.boss)
  }, 600_000)

  afterAll(() => broker?.[Symbol.asyncDispose](), 60_000)

  test.each(Object.keys(clients))('lets %s do what it may, and says what it may not', (client) => {
    const expected = expectedOf('guarded.txt', differences[client] ?? {})
    expect(expected.size).toBe(12)
    expect(Object.fromEntries(transcripts.get(client) ?? [])).toEqual(Object.fromEntries(expected))
  })
})
