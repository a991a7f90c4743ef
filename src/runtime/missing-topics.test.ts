import { expect, test } from 'vitest'
import { silentLogger } from '../base/logger.ts'
import type { Logger } from '../base/logger.ts'
import { toStreamError, type StreamError } from '../base/errors.ts'
import { TestCluster } from '../testing/cluster.ts'
import { finishTopology } from '../topology/build-topology.ts'
import { noOptimization } from '../topology/optimization.ts'
import type { Node, Topology } from '../topology/topology.ts'
import { countByKey } from './fixtures.ts'
import { makeMissingTopics } from './thread/missing-topics.ts'
import { planTopics } from './plan/topic-plan.ts'
import { resolveOptions } from './options.ts'

const changeLog = 'app-counts-changelog'
const repartition = 'app-by-word-repartition'

/** Applications that count `words`, one after the other, with nothing on any disk. */
class Lives {
  readonly warnings: unknown[] = []
  readonly cluster: TestCluster
  #counted = 0

  constructor() {
    const logger: Logger = {
      ...silentLogger,
      warn: (message, fields) => {
        if (message.startsWith('change logs did not exist')) this.warnings.push(fields?.['stores'])
      },
      with: () => logger,
    }
    this.cluster = new TestCluster({ time: 'jump', logger })
  }

  async begin(): Promise<void> {
    for (const topic of ['words', 'counts']) await this.cluster.createTopic(topic)
  }

  /** Counts one more word. @returns the count */
  async count(topology: Topology): Promise<number> {
    const { cluster } = this
    const application = cluster.application(topology, { threads: 2, leaveOnClose: true })
    application.start()
    await cluster.produce('words', [{ key: null, value: 'a' }])
    this.#counted += 1
    const read = await cluster.untilRead('counts', (records) => records.length >= this.#counted)
    await cluster.run(application.stop())
    return Number(read.at(-1)?.value?.readBigInt64BE(0))
  }

  async fail(topology: Topology): Promise<StreamError> {
    const application = this.cluster.application(topology, { leaveOnClose: true })
    application.start()
    return this.cluster.run(
      application.done.then(
        () => {
          throw new Error('it ended well')
        },
        (error: unknown) => toStreamError(error),
      ),
    )
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cluster[Symbol.asyncDispose]()
  }
}

/** As an earlier definition had it: with a store of another name. */
function countsUnder(store: string): Topology {
  const topology = countByKey()
  const text = JSON.stringify(topology).replaceAll('"name":"counts","kind"', `"name":"${store}","kind"`)
  const renamed = text.replaceAll('"store":"counts"', `"store":"${store}"`)
  return JSON.parse(renamed.replaceAll('"stores":["counts"]', `"stores":["${store}"]`)) as Topology
}

/** Words go on under their new key, too. @param merges - whether both ways share one repartition topic */
function countsTwice(merges: boolean): Topology {
  const { name, functions, nodes, stores } = countByKey()
  const further = nodes.flatMap((node): Node[] => {
    if (node.kind !== 'repartition') return []
    const { key, value } = node
    const topic = { kind: 'topic', name: 'again' } as const
    return [
      { ...node, id: 'second', topic: 'second-repartition' },
      { kind: 'sink', id: 'further', input: 'second', topic, key, value },
    ]
  })
  const optimization = { ...noOptimization, mergeRepartitions: merges }
  return finishTopology({ name, functions, nodes: [...nodes, ...further], stores, optimization })
}

test('a change log that was deleted stops the application, until it begins anew or is told to go on', async () => {
  await using lives = new Lives()
  const { cluster } = lives
  await lives.begin()
  expect([await lives.count(countByKey()), await lives.count(countByKey())]).toEqual([1, 2])
  await cluster.run(cluster.kafka.admin.deleteTopics([changeLog]))
  for (let start = 0; start < 2; start++)
    expect(await lives.fail(countByKey())).toMatchObject({
      code: 'CHANGE_LOG_LOST',
      message: `the change log "${changeLog}" of store "counts" is gone`,
      hint: expect.stringContaining(`weft topics create ${changeLog} --partitions 1`),
    })
  await cluster.createTopic(changeLog)
  expect(await lives.count(countByKey())).toBe(1)
  expect(lives.warnings).toEqual([])
})

test('a repartition topic that was deleted stops the application before any is made, until it is told to go on', async () => {
  await using lives = new Lives()
  const { cluster } = lives
  await lives.begin()
  expect([await lives.count(countByKey()), await lives.count(countByKey())]).toEqual([1, 2])
  await cluster.run(cluster.kafka.admin.deleteTopics([repartition]))
  for (let start = 0; start < 2; start++)
    expect(await lives.fail(countByKey())).toMatchObject({
      code: 'CHANGE_LOG_LOST',
      message: `the repartition topic "${repartition}" is gone`,
      hint: expect.stringContaining(`weft topics create ${repartition} --partitions 1`),
    })
  expect(await cluster.run(cluster.kafka.admin.describeTopics([repartition]))).toEqual([])
  await cluster.createTopic(repartition)
  expect(await lives.count(countByKey())).toBe(3)
})

test('beside a repartition topic that is gone, the change log behind it is named', async () => {
  await using lives = new Lives()
  const { cluster } = lives
  await lives.begin()
  await lives.count(countByKey())
  await cluster.run(cluster.kafka.admin.deleteTopics([repartition, changeLog]))
  const { detail } = await lives.fail(countByKey())
  expect(detail).toContain(`${repartition}, ${changeLog}`)
})

test.each([false, true])(
  'so does one of two behind one new key, where they are merged: %s',
  async (merges) => {
    await using lives = new Lives()
    const { cluster } = lives
    await lives.begin()
    await cluster.createTopic('again')
    const topology = countsTwice(merges)
    expect([await lives.count(topology), await lives.count(topology)]).toEqual([1, 2])
    const internal = (await cluster.run(cluster.kafka.admin.listTopics()))
      .map(({ name }) => name)
      .filter((name) => name.endsWith('-repartition'))
    expect(internal).toHaveLength(merges ? 1 : 2)
    for (const topic of internal) {
      await cluster.run(cluster.kafka.admin.deleteTopics([topic]))
      const message = `the repartition topic "${topic}" is gone`
      expect(await lives.fail(topology)).toMatchObject({ code: 'CHANGE_LOG_LOST', message })
      await cluster.createTopic(topic)
    }
    expect(await lives.count(topology)).toBe(3)
  },
)

test('a repartition topic that is new in the definition is made', async () => {
  await using lives = new Lives()
  await lives.begin()
  await lives.count(countByKey())
  const renamed = JSON.stringify(countByKey()).replaceAll('by-word-repartition', 'by-text-repartition')
  expect(await lives.count(JSON.parse(renamed) as Topology)).toBe(2)
})

test('a store that is new in the definition starts empty, and one thread says so', async () => {
  await using lives = new Lives()
  await lives.begin()
  expect([await lives.count(countsUnder('former')), await lives.count(countByKey())]).toEqual([1, 1])
  expect(lives.warnings).toEqual([['counts']])
  expect(await lives.count(countByKey())).toBe(2)
  expect(lives.warnings).toHaveLength(1)
})

test('where offsets do not say which stores there were, the log says which start empty', async () => {
  await using lives = new Lives()
  const { cluster } = lives
  const { admin } = cluster.kafka
  await lives.begin()
  await lives.count(countByKey())
  const offsets = await cluster.run(admin.groupOffsets('app'))
  const unmarked = offsets.map((offset) => ({ ...offset, metadata: '' }))
  await cluster.run(admin.setGroupOffsets('app', unmarked))
  await cluster.run(admin.deleteTopics([changeLog]))
  expect(await lives.count(countByKey())).toBe(1)
  expect(lives.warnings).toEqual([['counts']])
})

test('a broker that does not know of a topic yet is not believed', async () => {
  await using lives = new Lives()
  const { cluster } = lives
  const { admin } = cluster.kafka
  await lives.begin()
  await lives.count(countByKey())
  const topology = countByKey()
  const options = resolveOptions({
    applicationId: 'app',
    identity: { kind: 'fixed', processId: 'p' },
    hosting: 'inline',
    kafka: { bootstrap: 'broker:9000' },
  })
  const plan = await cluster.run(planTopics(admin, topology, options))
  let asked = 0
  const behind = {
    createTopics: admin.createTopics.bind(admin),
    existingTopics: admin.existingTopics.bind(admin),
    groupOffsets: admin.groupOffsets.bind(admin),
    describeTopics: async (names: readonly string[]) => {
      const isBehind = asked++ === 0
      const topics = await admin.describeTopics(names)
      return isBehind ? topics.filter(({ name }) => name !== changeLog) : topics
    },
  }
  const planned = { topology, plan, options }
  const { madeTopics } = await cluster.run(makeMissingTopics(behind, planned, silentLogger))
  expect([asked, [...madeTopics]]).toEqual([2, []])
})
