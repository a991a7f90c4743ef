/**
 * The Java client against what the embedded broker has beyond one node: consumers of the new protocol, which see the same as on Apache
 * Kafka; users with few rights, over TLS; and a transactional producer and its readers, who lose nothing while nodes go and come.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/base/random.ts'
import { authority, server } from '../../src/broker/fixtures/certificates.ts'
import { startBroker } from '../../src/testing/testing.ts'
import { startApacheKafka, type ApacheKafka } from './apache-kafka.ts'
import { buildJava, javaClassPath, runJava } from './java-tools.ts'

const seed = Number(process.env['SEED'] ?? 1)
const folder = mkdtempSync(join(tmpdir(), 'weft-cluster-'))

beforeAll(() => buildJava(), 120_000)
afterAll(() => rmSync(folder, { recursive: true }))

/** What a program saw in each step. */
function stepsOf(transcript: string): Readonly<Record<string, string>> {
  const lines = transcript.trim().split('\n')
  return Object.fromEntries(lines.map((line) => [line.split(' ', 1)[0], line.slice(line.indexOf(' ') + 1)]))
}

describe('consumers of the new protocol', () => {
  const expected = {
    alone: '[0, 1, 2, 3]',
    read: '[v0, v1, v2, v3, v4, v5, v6, v7]',
    committed: '0=2 1=2 2=2 3=2',
    together: '[0, 1, 2, 3]',
    settled: 'Consumer/Stable/2/1/uniform',
    alone_again: '[0, 1, 2, 3]',
    grown: '[0, 1, 2, 3, 4, 5]',
    described: 'Consumer/Stable/1/1/uniform',
    listed: '[Consumer/Stable]',
    delete: 'GroupNotEmptyException',
    alter: 'UnknownMemberIdException',
    forget: 'GroupSubscribedToTopicException',
    assignor: 'UnsupportedAssignorException',
    left: 'Consumer/Empty/0/0/uniform',
    range: '[0, 1, 2]',
    away: 'Consumer/Reconciling/2/2/range',
    back: 'true',
  }
  let apache: ApacheKafka

  beforeAll(async () => {
    const quick = {
      'group.consumer.min.heartbeat.interval.ms': '200',
      'group.consumer.heartbeat.interval.ms': '200',
    }
    apache = await startApacheKafka({ settings: quick })
  }, 120_000)
  afterAll(() => apache.stop(), 60_000)

  test('see on Apache Kafka what they should', async () => {
    expect(stepsOf(await runJava('weft.NewGroups', [apache.bootstrap, 'new'], javaClassPath()))).toEqual(
      expected,
    )
  })

  test('see the same on the embedded broker', async () => {
    await using kafka = await startBroker({ consumerGroupHeartbeatIntervalMs: 200 })
    expect(stepsOf(await runJava('weft.NewGroups', [kafka.bootstrap, 'new'], javaClassPath()))).toEqual(
      expected,
    )
  })
})

describe('a user with few rights', () => {
  const expected = {
    rules: '3',
    users: '[ScramCredentialInfo{mechanism=SCRAM_SHA_512, iterations=4096}]',
    write_open: 'done',
    write_closed: 'TopicAuthorizationException',
    transaction_open: 'done',
    transaction_closed: 'TransactionalIdAuthorizationException',
    group_open: 'done',
    group_closed: 'GroupAuthorizationException',
    topic_closed: 'TopicAuthorizationException',
    create: 'TopicAuthorizationException',
    wrong_password: 'SaslAuthenticationException',
    unknown_user: 'SaslAuthenticationException',
  }
  const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
  const rights = {
    users: { root: 'top secret' },
    superUsers: ['User:root'],
    allowEveryoneIfNoAclFound: false,
  }

  test('is told so by the errors that the Java client names', async () => {
    await using kafka = await startBroker({ ...rights, security: { sasl: { mechanisms } } })
    const args = [kafka.bootstrap, 'SASL_PLAINTEXT', '-', 'PLAIN', 'root', 'top secret']
    expect(stepsOf(await runJava('weft.Secured', args, javaClassPath()))).toEqual(expected)
  })

  test('is told the same over TLS', async () => {
    const file = join(folder, 'authority.pem')
    writeFileSync(file, authority)
    const security = { tls: { cert: server.cert, key: server.key }, sasl: { mechanisms } }
    await using kafka = await startBroker({ ...rights, security })
    const args = [kafka.bootstrap, 'SASL_SSL', file, 'SCRAM-SHA-256', 'root', 'top secret']
    expect(stepsOf(await runJava('weft.Secured', args, javaClassPath()))).toEqual(expected)
  })
})

describe('a transactional producer and its readers', () => {
  const numbers = 1500
  const each = 10

  test(`lose nothing and see nothing twice while leaders, coordinators and nodes move (seed ${seed})`, async () => {
    await using kafka = await startBroker({ nodes: 3, seed, transactionMarkerDelayMs: { min: 0, max: 5 } })
    const { cluster } = kafka.broker
    const options = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m', '-cp', javaClassPath()]
    const args = [kafka.bootstrap, String(numbers), String(each)]
    const child = spawn('java', [...options, 'weft.Traffic', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const exited = once(child, 'exit')
    const random = seededRandom(seed)
    let disturbances = 0
    while (child.exitCode === null) {
      await sleep(150)
      if (output.includes('started')) {
        await disturb()
        disturbances++
      }
    }
    await exited
    expect(output.trim().split('\n').at(-1)).toBe('lost 0, twice 0')
    expect(disturbances).toBeGreaterThan(10)

    async function disturb(): Promise<void> {
      const nodeId = 1 + random.below(3)
      const dice = random.next()
      const running = cluster.runs(nodeId)
      if (dice < 0.6 && running) cluster.moveLeader('traffic', random.below(6), nodeId)
      else if (dice < 0.7 && running) cluster.moveCoordinator('group', 'traffic', nodeId)
      else if (dice < 0.8 && running) cluster.moveCoordinator('transaction', 'traffic', nodeId)
      else if (!running) await cluster.startNode(nodeId)
      else if (cluster.nodeIds.every((other) => cluster.runs(other))) await cluster.stopNode(nodeId)
    }
  })
})
