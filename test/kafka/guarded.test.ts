/**
 * Two conversations with a broker that asks who is there and what they may do. That of a user has twelve steps: SASL by each mechanism, and
 * topics, groups and transactional ids that are open or closed. That of an administrator has twenty-four: who sets the time of records,
 * producers and transactions, log folders, elections, rules of access. Held by clients that others made and by ours, with Apache Kafka of
 * two releases and the embedded broker; what differs stands in {@link conversations} with its reason. The steps are those of
 * `java/…/Guarded.java` and `java/…/Administration.java`.
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
  differencesOf,
  expectedOf,
  holdConversations,
  prefixOf,
  wakeCoordinators,
  type Differences,
  type Transcript,
} from './conversation-scripts.ts'
import { runJava } from './java-tools.ts'
import { passwords, startSecuredKafka } from './secured-kafka.ts'

/** `timestamp: firstTimestamp + record.timestampDelta` in its `clients/consumer/messages-stream.js`. */
const fromProducer = 'it takes each time for what the producer gave'
const noCall = 'it has no call for it'
const notOffered = (reason: string, ...steps: readonly string[]): Differences[string] =>
  Object.fromEntries(steps.map((step) => [step, ['not offered', reason]]))
const ofTransactions = [
  'producers',
  'transaction',
  'transactions',
  'transaction-ended',
  'transactions-ended',
  'producers-ended',
  'transaction-missing',
] as const

interface Conversation {
  readonly clients: ReturnType<typeof clientsOf>
  readonly steps: number
  /** Where a client sees something else than the transcript, and why. */
  readonly differences: Differences
}

/** By their files. */
const conversations: Readonly<Record<'guarded' | 'administration', Conversation>> = {
  guarded: {
    clients: clientsOf('weft.Guarded', 'guarded-'),
    steps: 12,
    differences: {
      librdkafka: { 'wrong-secret': ['error:_AUTHENTICATION', 'it has an error of its own for it'] },
      KafkaJS: {
        'wrong-secret': ['error:KafkaJSSASLAuthenticationError', 'it keeps no number of it'],
        'transaction-closed': [
          'error:KafkaJSGroupCoordinatorNotFound',
          'it says only that it finds no coordinator',
        ],
        'group-closed': [
          'error:KafkaJSGroupCoordinatorNotFound',
          'it says only that it finds no coordinator',
        ],
      },
      platformatic: {
        'transaction-open': [
          'error:CLUSTER_AUTHORIZATION_FAILED',
          'it adds partitions in the way that is for brokers among themselves',
        ],
      },
      Weft: { 'wrong-secret': ['error:AUTHENTICATION_FAILED', 'it says so in its own words'] },
    },
  },
  administration: {
    clients: clientsOf('weft.Administration', 'administration-'),
    steps: 24,
    differences: {
      librdkafka: notOffered(noCall, ...ofTransactions, 'log-dirs'),
      platformatic: {
        ...notOffered('its answer to a write tells offsets alone', 'append-time-told'),
        'append-time': ['given', fromProducer],
        ...notOffered(fromProducer, 'append-time-type'),
        ...notOffered('it has neither a call nor a message for it', 'elect', 'elect-missing'),
      },
      KafkaJS: {
        ...notOffered('it does not tell it', 'append-time-type'),
        'by-append-time': ['0/0 1/0', 'where no record is later it gives the end'],
        ...notOffered(noCall, 'newest', ...ofTransactions, 'log-dirs', 'elect', 'elect-missing'),
      },
      Weft: notOffered('its producer tells offsets alone', 'append-time-told'),
    },
  },
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
  const transcripts = new Map<string, ReadonlyMap<string, Transcript>>()
  let broker: Guarded | undefined

  beforeAll(async () => {
    broker = await start()
    const { guarded, administration } = conversations
    await prepare(broker, Object.keys(guarded.clients).map(prefixOf))
    const { ann, boss } = passwords
    const [asUsers, asAdministrators] = await Promise.all([
      holdConversations(guarded.clients, broker.sasl, ann, boss),
      holdConversations(administration.clients, broker.bootstrap),
    ])
    transcripts.set('guarded', asUsers).set('administration', asAdministrators)
  }, 600_000)

  afterAll(() => broker?.[Symbol.asyncDispose](), 60_000)

  describe.each(Object.entries(conversations))(
    'in the conversation %s',
    (name, { clients, steps, differences }) => {
      test.each(Object.keys(clients))('%s sees what all see', (client) => {
        const expected = expectedOf(`${name}.txt`, differences[client] ?? {})
        expect(expected.size).toBe(steps)
        expect(differencesOf(transcripts.get(name)?.get(client) ?? new Map(), expected)).toEqual([])
      })
    },
  )
})
