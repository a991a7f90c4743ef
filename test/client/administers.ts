import { toStreamError } from '../../src/base/errors.ts'
import type { Kafka } from '../../src/kafka/contracts.ts'
import { mustBe, type Outcome, type Workload } from './workload.ts'

const partitions = [{ topic: 'kept', partition: 0 }]

/** Makes a topic, changes it, cuts another one, and deletes what it made. */
export const administers: Workload = {
  name: 'administers',
  transactionVersion: 2,
  apis: [
    'ApiVersions',
    'Metadata',
    'CreateTopics',
    'CreatePartitions',
    'DescribeConfigs',
    'IncrementalAlterConfigs',
    'ListOffsets',
    'DeleteRecords',
    'DeleteTopics',
  ],
  prepare: async (cluster) => {
    await cluster.createTopic('kept')
    await cluster.produce('kept', [{ key: null, value: 'a', partition: 0 }])
    await cluster.produce('kept', [{ key: null, value: 'b', partition: 0 }])
  },
  run: async ({ cluster, subject }) => {
    let outcome: Outcome
    try {
      outcome = await administer(subject)
    } catch (error) {
      outcome = toStreamError(error).code
    }
    return {
      outcome,
      audit: async () => {
        const names = (await cluster.kafka.admin.listTopics()).map(({ name }) => name)
        mustBe(names.includes('kept'), 'a topic that nobody deleted is gone')
        mustBe(outcome !== 'goes on' || !names.includes('made'), 'the deleted topic is still there')
        const kept = (await cluster.read('kept')).map(({ value }) => String(value)).join()
        mustBe(kept === 'b' || (outcome !== 'goes on' && kept === 'a,b'), `records ${kept} are left`)
      },
    }
  },
}

async function administer({ admin }: Kafka): Promise<Outcome> {
  const configs = { 'cleanup.policy': 'compact' }
  await admin.createTopics([{ name: 'made', partitions: 1, replicationFactor: 1, configs }])
  await admin.createPartitions('made', 3)
  const [described] = await admin.describeTopics(['made'])
  mustBe(described?.partitions.length === 3, 'the topic has as many partitions as were asked for')
  const settings = await admin.topicConfigs('made')
  mustBe(settings['cleanup.policy'] === 'compact', 'the topic has the settings that were asked for')
  await admin.alterTopicConfigs('made', { 'cleanup.policy': null, 'retention.ms': '1000' })
  const changed = await admin.topicConfigs('made')
  mustBe(
    changed['cleanup.policy'] === 'delete' && changed['retention.ms'] === '1000',
    'the topic has the settings that were changed',
  )
  const ends = await admin.listOffsets(partitions, 'latest', 'read_committed')
  mustBe(ends.get('kept-0') === 2, 'the end is after the last record')
  await admin.deleteRecords([{ topic: 'kept', partition: 0, offset: 1 }])
  await admin.deleteTopics(['made'])
  return 'goes on'
}
