import { expect, test } from 'vitest'
import type { Format } from '../data/types.ts'
import { finishTopology } from './build-topology.ts'
import { withRealTopics } from './name-pattern.ts'
import { withPatternTopics } from './pattern-topics.ts'
import type { Node, Topology } from './topology.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }

function topology(
  ...sources: readonly {
    readonly id: string
    readonly pattern?: string
    readonly topics?: readonly string[]
  }[]
): Topology {
  const nodes = sources.map(({ topics = [], ...source }): Node => ({
    kind: 'source',
    topics,
    key: text,
    value: text,
    ...source,
  }))
  return finishTopology({ name: 'app', nodes, stores: [], functions: { namespace: 'app', functions: [] } })
}

const sourcesOf = ({ subTopologies }: Topology): readonly (readonly string[])[] =>
  subTopologies.map(({ sources }) => sources)

test('a pattern describes the whole name, in the order of names', () => {
  const resolved = withPatternTopics(topology({ id: 'in', pattern: 'a.|b' }), [
    'b',
    'a2',
    'a1',
    'ab',
    'xa1',
    'a1x',
  ])
  expect(sourcesOf(resolved)).toEqual([['a1', 'a2', 'ab', 'b']])
})

test('a topic that fits belongs to one source', () => {
  const twice = topology({ id: 'all', pattern: 'a.*' }, { id: 'one', topics: ['a1'] })
  expect(() => withPatternTopics(twice, ['a1'])).toThrow('topic "a1" is read by "all" and by "one"')
  expect(sourcesOf(withPatternTopics(twice, ['a2']))).toEqual([['a2'], ['a1']])
})

test('a pattern goes with the names that topics have in the cluster', () => {
  const real = withRealTopics(topology({ id: 'in', pattern: 'a|b' }), { before: 'x.', after: '-y' })
  expect(sourcesOf(withPatternTopics(real, ['x.a-y', 'xxa-y', 'x.b-y', 'a', 'x.ab-y']))).toEqual([
    ['x.a-y', 'x.b-y'],
  ])
})
