import { expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.ts'
import { passThrough } from './fixtures.ts'
import type { Topology } from '../topology/topology.ts'

function reading(pattern: string): Topology {
  const topology = passThrough()
  return {
    ...topology,
    nodes: topology.nodes.map((node) => (node.kind === 'source' ? { ...node, topics: [], pattern } : node)),
    subTopologies: topology.subTopologies.map((sub) => ({ ...sub, sources: [] })),
  }
}

test('topics that come later are found, and what was read before is not read again', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('in.a')
  await cluster.createTopic('other')
  await cluster.createTopic('output')
  const application = cluster.application(reading('in\\..*'), { metadataMaxAgeMs: 1000 })
  application.start()
  await cluster.produce('in.a', [{ key: 'k', value: 'first' }])
  await cluster.produce('other', [{ key: 'k', value: 'not read' }])
  await cluster.untilRead('output', (read) => read.length === 1)
  await cluster.createTopic('in.b', 2)
  await cluster.produce('in.b', [{ key: 'k', value: 'second', partition: 1 }])
  await cluster.untilRead('output', (read) => read.length === 2)
  await cluster.produce('in.a', [{ key: 'k', value: 'third' }])
  const read = await cluster.untilRead('output', (records) => records.length === 3)
  expect(read.map(({ value }) => String(value))).toEqual(['first', 'second', 'third'])
  await cluster.run(application.stop())
})

test('an application that begins before there is a topic waits for one', async () => {
  await using cluster = new TestCluster()
  await cluster.createTopic('output')
  const application = cluster.application(reading('in\\..*'), { metadataMaxAgeMs: 1000 })
  application.start()
  await cluster.advance(5000)
  await cluster.createTopic('in.a')
  await cluster.produce('in.a', [{ key: 'k', value: 'first' }])
  await cluster.untilRead('output', (read) => read.length === 1)
  await cluster.run(application.stop())
})
