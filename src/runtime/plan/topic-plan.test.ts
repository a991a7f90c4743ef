import { describe, expect, test } from 'vitest'
import type { Admin, NewTopic, TopicDescription } from '../../kafka/contracts.ts'
import { countByKey, passThrough, streamTableJoin } from '../fixtures.ts'
import { loadTopology } from '../../testing/load-topology.ts'
import { plainNames } from '../../topology/name-pattern.ts'
import type { Topology } from '../../topology/topology.ts'
import { makeInternalTopics, planTopics, type TopicPlan } from './topic-plan.ts'

/** A cluster's topics, as much of it as planning sees. */
class Topics {
  readonly counts: Map<string, number>
  readonly created: NewTopic[] = []

  constructor(counts: Record<string, number>) {
    this.counts = new Map(Object.entries(counts))
  }

  get admin(): Pick<Admin, 'describeTopics' | 'createTopics'> {
    return {
      describeTopics: (names) => Promise.resolve(names.flatMap((name) => this.#describe(name))),
      createTopics: (topics) => {
        this.created.push(...topics)
        for (const { name, partitions } of topics) this.counts.set(name, partitions)
        return Promise.resolve([])
      },
    }
  }

  #describe(name: string): TopicDescription[] {
    const count = this.counts.get(name)
    if (count === undefined) return []
    const partitions = Array.from({ length: count }, (_, partition) => ({
      partition,
      leader: 1,
      leaderEpoch: 0,
    }))
    return [{ name, id: `id of ${name}`, partitions, internal: false }]
  }
}

const names = { topic: plainNames, group: plainNames, transaction: plainNames }
const options = { applicationId: 'app', names, replicationFactor: -1 }

async function prepareTopics(
  admin: Topics['admin'],
  topology: Topology,
  naming: typeof options,
): Promise<TopicPlan> {
  return makeInternalTopics(admin, await planTopics(admin, topology, naming))
}

describe('topics of an application', () => {
  test('makes internal topics with the names and settings of Kafka Streams', async () => {
    const topics = new Topics({ words: 3 })
    const plan = await prepareTopics(topics.admin, countByKey(), options)
    expect(topics.created).toEqual([
      {
        name: 'app-by-word-repartition',
        partitions: 3,
        replicationFactor: -1,
        configs: {
          'cleanup.policy': 'delete',
          'retention.ms': '-1',
          'segment.bytes': '52428800',
          'message.timestamp.type': 'CreateTime',
        },
      },
      {
        name: 'app-counts-changelog',
        partitions: 3,
        replicationFactor: -1,
        configs: { 'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime' },
      },
    ])
    expect([...plan.madeTopics]).toEqual(topics.created.map(({ name }) => name))
    expect(plan.topicIds.get('app-counts-changelog')).toBe('id of app-counts-changelog')
    expect(plan.sourceTopics).toEqual(['words', 'app-by-word-repartition'])
  })

  test('makes nothing that is there already', async () => {
    const topics = new Topics({ words: 3, 'app-by-word-repartition': 3, 'app-counts-changelog': 3 })
    expect((await prepareTopics(topics.admin, countByKey(), options)).madeTopics.size).toBe(0)
    expect(topics.created).toEqual([])
  })

  test('names a missing topic and the command that makes it', async () => {
    await expect(prepareTopics(new Topics({}).admin, passThrough(), options)).rejects.toMatchObject({
      code: 'TOPIC_MISSING',
      message: 'topic "input" does not exist',
      hint: 'See "weft topics list" for the names, or create it: weft topics create input --partitions 4',
    })
  })

  test('refuses a join of topics that are divided differently', async () => {
    const topics = new Topics({ orders: 6, customers: 12 })
    await expect(prepareTopics(topics.admin, streamTableJoin(), options)).rejects.toMatchObject({
      code: 'JOIN_NOT_COPARTITIONED',
      message: 'could not join stream "orders" with table "customers" in "join"',
      detail: 'The stream "orders" has 6 partitions, the table "customers" 12.',
      hint: 'Add "{ type: repartition, numberOfPartitions: 12 }" to stream "orders" before the join.',
    })
  })

  test('divides the streams of a cogroup alike', async () => {
    const rekeyed =
      '{ type: groupBy, mapper: { language: javascript, expression: value, resultType: string } }'
    const counts = { clicks: 2, orders: 6, views: 4 }
    const topics = new Topics(counts)
    await prepareTopics(topics.admin, await cogroup(rekeyed), options)
    const made = topics.created.filter(({ name }) => name.endsWith('-repartition'))
    expect(made.map(({ partitions }) => partitions)).toEqual([2, 2])
    await expect(
      prepareTopics(
        new Topics({ ...counts, orders: 2 }).admin,
        await cogroup('{ type: groupByKey }'),
        options,
      ),
    ).rejects.toMatchObject({
      code: 'JOIN_NOT_COPARTITIONED',
      detail: 'The stream "clicks" has 2 partitions, the stream "views" 4.',
    })
  })

  test('refuses internal topics that were made for other sources', async () => {
    const topics = new Topics({ words: 4, 'app-by-word-repartition': 3, 'app-counts-changelog': 3 })
    await expect(prepareTopics(topics.admin, countByKey(), options)).rejects.toMatchObject({
      code: 'TOPIC_INVALID',
      message: 'internal topic "app-by-word-repartition" has 3 partitions, but the topology needs 4',
      hint: expect.stringContaining('Begin anew with "weft reset"'),
    })
  })
})

/** Of clicks by their key, and orders and views grouped as given. */
function cogroup(group: string): Promise<Topology> {
  return loadTopology(`
streams:
  clicks: { topic: clicks, keyType: string, valueType: string }
  orders: { topic: orders, keyType: string, valueType: string }
  views: { topic: views, keyType: string, valueType: string }
functions:
  first: { type: initializer, language: javascript, expression: "''", resultType: string }
  fold: { type: aggregator, language: javascript, expression: aggregatedValue + value, resultType: string }
pipelines:
  ordered: { from: orders, via: [${group}], as: ordered }
  viewed: { from: views, via: [${group}], as: viewed }
  all:
    from: clicks
    via:
      - { type: groupByKey }
      - { type: cogroup, aggregator: fold }
      - { type: cogroup, group: ordered, aggregator: fold }
      - { type: cogroup, group: viewed, aggregator: fold }
      - { type: aggregate, initializer: first, store: { name: all } }
    as: all
`)
}
