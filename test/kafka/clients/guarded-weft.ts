/** The guarded conversation with our own client; see Guarded.java for the steps. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openKafka } from '../../../src/kafka/client.ts'
import type { Kafka } from '../../../src/kafka/contracts.ts'
import {
  fetcherDefaults,
  inTurn,
  memberDefaults,
  noGroup,
  producerDefaults,
  textRecord,
  valuesOf,
} from '../../../src/kafka/fixtures/clients.ts'
import { tcpConnector } from '../../../src/kafka/tcp-connector.ts'
import { bootstrap, ourCodeOf, patienceMs, stepper } from './conversation.ts'
import { ann, holdGuardedConversation, open, type GuardedClient, type Mechanism } from './guarded.ts'

const step = stepper(ourCodeOf)

/** Does something with a client of its own. */
async function as<T>(
  user: { username: string; password: string },
  work: (kafka: Kafka) => Promise<T>,
  mechanism: Mechanism = 'PLAIN',
): Promise<T> {
  const connector = tcpConnector({ sasl: { mechanism, ...user } })
  const kafka = openKafka({
    bootstrap: [bootstrap],
    clientId: 'guarded',
    connector,
    retryTimeoutMs: patienceMs,
  })
  try {
    return await work(kafka)
  } finally {
    await kafka.close()
  }
}

const partitions: GuardedClient['partitions'] = (user, mechanism) =>
  as(user, async ({ admin }) => (await admin.describeTopics([open]))[0]?.partitions.length ?? 0, mechanism)

const write = (topic: string) =>
  as(ann, async (kafka) => {
    const producer = kafka.producer(producerDefaults)
    await producer.partitionCount(topic)
    producer.append(topic, textRecord('v', 0))
    await producer.flush()
    return 'ok'
  })

const commit = (id: string) =>
  as(ann, async (kafka) => {
    const producer = kafka.producer({ ...producerDefaults, transactional: { id, timeoutMs: 10_000 } })
    await producer.init()
    await producer.partitionCount(open)
    producer.append(open, textRecord('v', 0))
    await producer.commit([], noGroup)
    return 'ok'
  })

const read = (topic: string, groupId: string) =>
  as(ann, async (kafka) => {
    const owned: number[] = []
    const member = kafka.groupMember({
      ...memberDefaults,
      groupId,
      assignor: inTurn('eager'),
      listener: {
        onAssigned: async (partitions) => void owned.push(...partitions.map(({ partition }) => partition)),
        onRevoked: async () => {},
        onLost: async () => {},
      },
      subscription: () => ({ topics: [topic], userData: Buffer.alloc(0) }),
    })
    while (owned.length === 0) {
      await member.poll()
      await sleep(20)
    }
    const fetcher = kafka.fetcher(fetcherDefaults)
    fetcher.assign({ topic, partition: 0 }, 0)
    for (;;) {
      const part = fetcher.poll()
      const [value] = part === undefined ? [] : valuesOf(part)
      if (value !== undefined) return value
      await fetcher.ready(100)
    }
  })

const create = (name: string) =>
  as(ann, async ({ admin }) => {
    const made = { name, partitions: 1, replicationFactor: 1, configs: {} }
    return (await admin.createTopics([made])).join()
  })

await holdGuardedConversation(step, { partitions, write, read, commit, create })
