import { expect, test } from 'vitest'
import { finishTopology } from '../../topology/build-topology.ts'
import { plainNames } from '../../topology/name-pattern.ts'
import type { Format } from '../../data/types.ts'
import { describeTasks } from './tasks.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }

const topology = finishTopology({
  name: 'counts',
  nodes: [
    { kind: 'source', id: 'words', topics: ['words'], key: text, value: text },
    { kind: 'repartition', id: 'by', input: 'words', topic: 'by-repartition', key: text, value: text },
    { kind: 'sink', id: 'out', input: 'by', topic: { kind: 'topic', name: 'out' }, key: text, value: text },
  ],
  stores: [],
  functions: { namespace: 'counts', functions: [] },
})

test.each([
  [plainNames, 'shop-by-repartition'],
  [{ before: 'eu.', after: '' }, 'eu.shop-by-repartition'],
])('internal topics are called what a run of the application calls them (%j)', (topicNames, name) => {
  expect(describeTasks({ topology, applicationId: 'shop' }, topicNames).split('\n')).toEqual([
    'tasks of counts',
    '  0_p: one for each partition p of words',
    `  1_p: one for each partition p of ${name} (internal)`,
  ])
})
