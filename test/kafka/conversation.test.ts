/**
 * One conversation of fifty steps, held by clients that others made and by ours, with Apache Kafka of two releases and the embedded
 * broker: topics, settings, records of every compression, groups of every kind, transactions, errors. All must see the same; what
 * differs stands in {@link differences} with its reason.
 *
 * The steps are those of `java/…/Conversation.java`; the other scripts in `clients/` say the same.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { startApacheKafka } from './apache-kafka.ts'
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

const clients = clientsOf('weft.Conversation')

/** Where a client sees something else than the transcript, and why. */
const differencesOfClients: Differences = {
  librdkafka: {
    'group-delete-offset': ['not offered', 'its Python binding has no call for it'],
    fenced: ['error:_FENCED', 'it has an error of its own for it'],
  },
  platformatic: {
    fenced: ['error:PRODUCER_FENCED', 'it opens no second producer of one id: the latter one is refused'],
  },
  KafkaJS: {
    'by-late-time': ['0/7 1/16', 'where no record is later it gives the end'],
    'group-delete-offset': ['not offered', 'it has no call for it'],
    static: ['not offered', 'it knows no static members'],
    cooperative: ['not offered', 'it knows eager assignors only'],
    'new-group': ['not offered', 'it knows classic groups only'],
    'open-ends': ['not offered', 'it does not ask for stable ends'],
    fenced: ['error:INVALID_PRODUCER_EPOCH', 'it speaks old versions, which have no other error for it'],
  },
  Weft: {
    'new-group': ['not offered', 'it is in classic groups, whose assignors the application brings along'],
    'write-too-large': ['error:RECORD_TOO_LARGE', 'it knows the limit of the topic, and sends nothing'],
    'delete-again': ['error:TOPIC_MISSING', 'it says so in its own words, with how to make the topic'],
  },
}

/** Where all clients without a word of their own see something else with a broker, and why. */
const differencesOfBrokers: Differences = {
  'moving nodes': { cluster: ['3', 'it has three nodes'] },
  'Apache Kafka 3.9': {
    'new-group': ['error:UNSUPPORTED_VERSION', 'it has groups of this kind only where that is switched on'],
    fenced: [
      'error:PRODUCER_FENCED',
      'in the first version of transactions the coordinator refuses a partition, before the log sees the epoch',
    ],
  },
}

/** Where one client sees something else with one broker, and why. */
const differencesOfBoth: Differences = {
  'librdkafka, Apache Kafka 3.9': { 'new-group': ['0', 'it says nothing, and waits'] },
}

const brokerNames = ['Apache Kafka 4.3', 'Apache Kafka 3.9', 'the embedded broker', 'moving nodes'] as const
/** So that members of groups of the new protocol do not wait for their turn. */
const heartbeatMs = 200
const moveEveryMs = 400
/** Of moves: a coordinator that is new gives members a whole session, and who left unheard must lapse before the next one. */
const coordinatorsMoveEvery = 20
const started: AsyncDisposable[] = []
const transcripts = new Map<string, ReadonlyMap<string, Transcript>>()

async function startBroker(name: (typeof brokerNames)[number]): Promise<string> {
  if (!name.startsWith('Apache')) return startEmbedded(name === 'moving nodes' ? 3 : 1)
  const settings = {
    'group.consumer.min.heartbeat.interval.ms': String(heartbeatMs),
    'group.consumer.heartbeat.interval.ms': String(heartbeatMs),
  }
  const apache = await startApacheKafka({ release: name === 'Apache Kafka 4.3' ? '4.3' : '3.9', settings })
  started.push(apache)
  await wakeCoordinators(apache.bootstrap)
  return apache.bootstrap
}

/** Of several nodes, one leads and coordinates everything for a moment, then the next one. */
async function startEmbedded(nodes: number): Promise<string> {
  const embedded = new Broker({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    nodes,
    consumerGroupHeartbeatIntervalMs: heartbeatMs,
    consumerGroupSessionTimeoutMs: 6000,
  })
  let turn = 0
  const move = (): void => {
    moveLeaders(embedded, (turn % nodes) + 1)
    if (turn++ % coordinatorsMoveEvery === 0) moveCoordinators(embedded, (turn % nodes) + 1)
  }
  const moving = nodes === 1 ? undefined : setInterval(move, moveEveryMs)
  started.push({
    [Symbol.asyncDispose]: () => {
      clearInterval(moving)
      return embedded.close()
    },
  })
  return `127.0.0.1:${(await embedded.listen(0)).port}`
}

/**
 * Leaders move for all, coordinators for these. librdkafka asks the coordinator that it has found once to delete or to describe a group
 * (`rd_kafka_admin_coord_response_parse` in its `src/rdkafka_admin.c` gives its refusal to the application), and looks at no answer when it
 * leaves one.
 */
const followsCoordinators = new Set(['Java', 'platformatic', 'KafkaJS', 'Weft'])

const nameOf = (client: string, name: string): string => `${prefixOf(client)}-${name}`

function moveLeaders({ cluster }: Broker, nodeId: number): void {
  for (const client of Object.keys(clients))
    for (const name of ['in', 'out', 'small'])
      for (const partition of [0, 1]) moveLeader(cluster, { topic: nameOf(client, name), partition }, nodeId)
}

function moveCoordinators({ cluster }: Broker, nodeId: number): void {
  for (const client of followsCoordinators) {
    for (const group of ['readers', 'static', 'coop', 'new', 'busy', 'movers'])
      cluster.moveCoordinator('group', nameOf(client, group), nodeId)
    for (const id of ['writer', 'mover']) cluster.moveCoordinator('transaction', nameOf(client, id), nodeId)
  }
}

function moveLeader(
  cluster: Broker['cluster'],
  { topic, partition }: { readonly topic: string; readonly partition: number },
  nodeId: number,
): void {
  try {
    cluster.moveLeader(topic, partition, nodeId)
  } catch {
    // It is not there yet, or not any more.
  }
}

beforeAll(async () => {
  for (const broker of brokerNames) {
    transcripts.set(broker, await holdConversations(clients, await startBroker(broker)))
    await started.pop()?.[Symbol.asyncDispose]()
  }
}, 900_000)

afterAll(async () => {
  for (const broker of started) await broker[Symbol.asyncDispose]()
}, 60_000)

describe.each(Object.keys(clients))('the client %s', (client) => {
  test.each(brokerNames)('sees with %s what all see', (broker) => {
    const expected = expectedOf('transcript.txt', {
      ...differencesOfBrokers[broker],
      ...differencesOfClients[client],
      ...differencesOfBoth[`${client}, ${broker}`],
    })
    expect(expected.size).toBeGreaterThan(50)
    expect(differencesOf(transcripts.get(broker)?.get(client) ?? new Map(), expected)).toEqual([])
  })
})
