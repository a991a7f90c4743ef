/** Applications under a user that has the rights which the reference lists, and no other: with one less they say so. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sleep, systemClock } from '../../src/base/clock.ts'
import { toStreamError, type StreamError } from '../../src/base/errors.ts'
import { silentLogger, type Logger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { TestClient } from '../../src/broker/fixtures/test-broker.ts'
import {
  aclOperations,
  aclPatterns,
  aclPermissions,
  aclResources,
  type AclOperation,
  type AclResource,
} from '../../src/broker/security/acls.ts'
import { openKafka } from '../../src/kafka/client.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import { producerDefaults, textRecord } from '../../src/kafka/fixtures/clients.ts'
import { tcpConnector } from '../../src/kafka/tcp-connector.ts'
import { apis } from '../../src/protocol/apis.ts'
import { Application } from '../../src/runtime/application.ts'
import { countByKey, streamTableJoin } from '../../src/runtime/fixtures.ts'
import { resolveOptions } from '../../src/runtime/options.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { section, tableRows } from '../tidy/documents.ts'

interface Right {
  readonly resource: AclResource
  readonly name: string
  readonly operation: AclOperation
}

const resources: Readonly<Record<string, AclResource>> = {
  topic: 'topic',
  group: 'group',
  'transactional id': 'transactionalId',
}

/** As the page has them. */
const rights = tableRows(section('docs/reference/security.md', '## Rights of an application'))
  .slice(1)
  .map(([resource = '', name = '', right = '']): Right => {
    const operation = right.replaceAll('`', '').replace(/^./, (first) => first.toLowerCase())
    return {
      resource: resources[resource] ?? 'cluster',
      name: name.replaceAll('`', ''),
      operation: operation as AclOperation,
    }
  })

/** Where names of the page stand for those of an application. */
interface Case {
  readonly topology: Topology
  readonly names: Readonly<Record<string, readonly string[]>>
  /** Something to process, and where the result goes. */
  readonly input: string
  readonly output: string
}

const counting: Case = {
  topology: countByKey({ persistent: true, timeToLiveMs: 3_600_000 }),
  names: { '<source>': ['words'], '<table>': [], '<output>': ['counts'] },
  input: 'words',
  output: 'counts',
}
const joining: Case = {
  topology: streamTableJoin(),
  names: { '<source>': ['orders', 'customers'], '<table>': ['customers'], '<output>': ['output'] },
  input: 'orders',
  output: 'output',
}
const secret = 'correct horse'

/** What became of an application: what it failed with, and what it warned of. */
interface Outcome {
  readonly failure: StreamError | undefined
  readonly warnings: readonly string[]
}

/** Runs it twice, the second time with state on disk, under a user with these rights. */
async function outcomeOf(tried: Case, granted: readonly Right[]): Promise<Outcome> {
  const broker = new Broker({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    users: { worker: secret },
    superUsers: ['User:ANONYMOUS'],
    allowEveryoneIfNoAclFound: false,
  })
  const folder = mkdtempSync(join(tmpdir(), 'weft-rights-'))
  const open = `127.0.0.1:${(await broker.listen(0)).port}`
  const guarded = await broker.listen(0, '127.0.0.1', { sasl: { mechanisms: ['PLAIN'] } })
  const kafka = openKafka({ bootstrap: [open], clientId: 'test', connector: tcpConnector() })
  const warnings: string[] = []
  try {
    await prepare(broker, kafka, { tried, granted })
    for (let life = 1; life <= 2; life++) {
      const target = { bootstrap: `127.0.0.1:${guarded.port}`, stateDir: folder, warnings }
      const failure = await liveOnce(kafka, { tried, life }, target)
      if (failure !== undefined) return { failure, warnings }
    }
    return { failure: undefined, warnings }
  } finally {
    await kafka.close()
    await broker.close()
    rmSync(folder, { recursive: true })
  }
}

async function prepare(
  broker: Broker,
  kafka: Kafka,
  { tried, granted }: { readonly tried: Case; readonly granted: readonly Right[] },
): Promise<void> {
  const topic = (name: string, configs = {}) => ({ name, partitions: 1, replicationFactor: -1, configs })
  const own = [...(tried.names['<source>'] ?? []), ...(tried.names['<output>'] ?? [])]
  // An earlier definition made it, to keep records for a second.
  const earlier = topic('app-by-word-repartition', { 'retention.ms': '1000' })
  await kafka.admin.createTopics([...own.map((name) => topic(name)), earlier])
  if (tried === joining) await append(kafka, 'customers', 0)
  const creations = granted.flatMap(({ resource, name, operation }) =>
    namesOf(tried, name).map((resourceName) => ({
      resourceType: aclResources[resource],
      resourceName,
      resourcePatternType: name.endsWith('*') ? aclPatterns.prefixed : aclPatterns.literal,
      principal: 'User:worker',
      host: '*',
      operation: aclOperations[operation],
      permissionType: aclPermissions.allow,
    })),
  )
  const { results } = await new TestClient(broker).send(apis.createAcls, { creations })
  expect(results.filter(({ errorCode }) => errorCode !== 0)).toEqual([])
}

function namesOf({ names }: Case, name: string): readonly string[] {
  return names[name] ?? [name.replace('<application id>', 'app').replace('*', '')]
}

async function append(kafka: Kafka, topic: string, timestampMs = 1): Promise<void> {
  const producer = kafka.producer(producerDefaults)
  await producer.partitionCount(topic)
  producer.append(topic, { ...textRecord('value', 0, 'key'), timestampMs })
  await producer.close()
}

/** Until it has processed one more record and what follows from that has been seen. @returns what it failed with */
async function liveOnce(
  kafka: Kafka,
  { tried, life }: { readonly tried: Case; readonly life: number },
  {
    bootstrap,
    stateDir,
    warnings,
  }: { readonly bootstrap: string; readonly stateDir: string; readonly warnings: string[] },
): Promise<StreamError | undefined> {
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    with: () => logger,
  }
  const options = resolveOptions({
    applicationId: 'app',
    identity: { kind: 'folder', stateDir },
    hosting: 'inline',
    leaveOnClose: true,
    purgeIntervalMs: 1,
    policies: { decode: 'dead_letter' },
    kafka: { bootstrap, sasl: { mechanism: 'PLAIN', username: 'worker', password: secret } },
  })
  const surroundings = { connector: undefined, clock: systemClock, random: systemRandom, logger }
  const application = new Application(tried.topology, options, { surroundings })
  await append(kafka, tried.input)
  application.start()
  const records = async (): Promise<number> => {
    const ends = await kafka.admin.listOffsets(
      [{ topic: tried.output, partition: 0 }],
      'latest',
      'read_committed',
    )
    return [...ends.values()].reduce((sum, end) => sum + end, 0)
  }
  for (let turn = 0; turn < 500 && application.state !== 'failed'; turn++) {
    if ((await records()) >= 2 * life - 1) break
    await sleep(systemClock, 20)
  }
  // Records of repartition topics are deleted beside the work.
  await sleep(systemClock, 200)
  await application.stop()
  return application.done.then(() => undefined, toStreamError)
}

test.each([
  ['counts', counting],
  ['joins', joining],
])('with all of them, an application that %s has nothing to say', async (_, tried) => {
  expect(rights.length).toBeGreaterThan(8)
  expect(await outcomeOf(tried, rights)).toEqual({ failure: undefined, warnings: [] })
})

test.each(rights.map((right, index) => [right.operation, right.resource, right.name, index] as const))(
  'without the right to %s the %s %s, it says so',
  async (operation, _resource, name, index) => {
    const tried = name === '<table>' ? joining : counting
    const left = rights.toSpliced(index, 1)
    // Whoever may alter settings may read them.
    const granted =
      operation === 'describeConfigs' ? left.filter((right) => right.operation !== 'alterConfigs') : left
    const { failure, warnings } = await outcomeOf(tried, granted)
    if (failure === undefined) expect(warnings.join('\n')).toMatch(/NOT_AUTHORIZED|AUTHORIZATION_FAILED/)
    else expect(failure.code).toBe('NOT_AUTHORIZED')
  },
)
