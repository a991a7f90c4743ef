/**
 * One conversation of fifty steps, held by clients that others made and by ours, with Apache Kafka of two releases and the embedded
 * broker: topics, settings, records of every compression, groups of every kind, transactions, errors. All must see the same; what
 * differs stands in {@link differences} with its reason.
 *
 * The steps are those of `java/…/Conversation.java`; the other scripts in `clients/` say the same.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { kafkaErrorName } from '../../src/protocol/error-codes.ts'
import { startApacheKafka } from './apache-kafka.ts'
import { runJava } from './java-tools.ts'
import { pythonWithPackages, whatPythonLacks } from './python-tools.ts'
import { sayLeftOut } from '../left-out.ts'

const scripts = join(import.meta.dirname, 'clients')
const pinned = join(scripts, 'transcript.txt')
const run = promisify(execFile)
const lacksPython = whatPythonLacks()
sayLeftOut('the conversations of librdkafka', lacksPython)

type Script = (bootstrap: string, prefix: string) => Promise<string>

const node =
  (file: string): Script =>
  async (...args) =>
    (await run(process.execPath, [join(scripts, file), ...args])).stdout

const clients: Readonly<Record<string, Script>> = {
  Java: (...args) =>
    runJava('weft.Conversation', args, undefined, ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error']),
  ...(lacksPython === undefined && {
    librdkafka: async (...args) =>
      (await run(pythonWithPackages(), [join(scripts, 'librdkafka.py'), ...args])).stdout,
  }),
  platformatic: node('platformatic.ts'),
  KafkaJS: node('kafkajs.ts'),
  Weft: node('weft.ts'),
}

type Differences = Readonly<Record<string, Readonly<Record<string, readonly [seen: string, reason: string]>>>>

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
    'open-ends': ['not offered', 'it does not ask for stable ends'],
    fenced: ['error:INVALID_PRODUCER_EPOCH', 'it speaks old versions, which have no other error for it'],
  },
  Weft: {
    'write-too-large': ['error:RECORD_TOO_LARGE', 'it knows the limit of the topic, and sends nothing'],
    'delete-again': ['error:TOPIC_MISSING', 'it says so in its own words, with how to make the topic'],
  },
}

/** Where all clients without a word of their own see something else with a broker, and why. */
const differencesOfBrokers: Differences = {
  'Apache Kafka 3.9': {
    fenced: [
      'error:PRODUCER_FENCED',
      'in the first version of transactions the coordinator refuses a partition, before the log sees the epoch',
    ],
  },
}

const brokerNames = ['Apache Kafka 4.3', 'Apache Kafka 3.9', 'the embedded broker'] as const
const started: AsyncDisposable[] = []
const transcripts = new Map<string, ReadonlyMap<string, string>>()

async function startBroker(name: (typeof brokerNames)[number]): Promise<string> {
  if (name === 'the embedded broker') {
    const embedded = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
    started.push({ [Symbol.asyncDispose]: () => embedded.close() })
    return `127.0.0.1:${(await embedded.listen(0)).port}`
  }
  const apache = await startApacheKafka({ release: name === 'Apache Kafka 4.3' ? '4.3' : '3.9' })
  started.push(apache)
  return apache.bootstrap
}

// All clients at once with each broker: they wait more than they work.
beforeAll(async () => {
  for (const broker of brokerNames) {
    const bootstrap = await startBroker(broker)
    await Promise.all(
      Object.entries(clients).map(async ([client, script]) => {
        transcripts.set(`${client}, ${broker}`, stepsOf(await script(bootstrap, client.toLowerCase())))
      }),
    )
    await started.pop()?.[Symbol.asyncDispose]()
  }
}, 280_000)

afterAll(async () => {
  for (const broker of started) await broker[Symbol.asyncDispose]()
}, 60_000)

/** What was seen in each step, errors by name. */
function stepsOf(transcript: string): ReadonlyMap<string, string> {
  const named = transcript.replaceAll(
    /error:(-?\d+)$/gm,
    (_, code: string) => `error:${kafkaErrorName(Number(code))}`,
  )
  return new Map(
    named
      .trim()
      .split('\n')
      .map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]),
  )
}

describe.each(Object.keys(clients))('the client %s', (client) => {
  test.each(brokerNames)('sees with %s what all see', (broker) => {
    const expected = new Map(stepsOf(readFileSync(pinned, 'utf8')))
    const differences = { ...differencesOfBrokers[broker], ...differencesOfClients[client] }
    for (const [step, [different]] of Object.entries(differences)) expected.set(step, different)
    expect(expected.size).toBeGreaterThan(50)
    expect(Object.fromEntries(transcripts.get(`${client}, ${broker}`) ?? [])).toEqual(
      Object.fromEntries(expected),
    )
  })
})
