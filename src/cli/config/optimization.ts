import { noOptimization, type Optimization } from '../../topology/optimization.ts'
import { wrongProperty } from './wrong-property.ts'

/** Kafka Streams' words. Tables are restored from their topics whatever is said. */
const words: Readonly<Record<string, Partial<Optimization>>> = {
  none: {},
  all: { mergeRepartitions: true, selfJoins: true },
  'reuse.ktable.source.topics': {},
  'merge.repartition.topics': { mergeRepartitions: true },
  'single.store.self.join': { selfJoins: true },
}

/**
 * What `topology.optimization` asks for; absent: nothing.
 *
 * @throws StreamError `CONFIG_INVALID`
 */
export function optimizationOf(property: string | undefined): Optimization {
  const given = (property ?? 'none').split(',').map((word) => word.trim())
  const known = given.map((word) => words[word])
  if (known.includes(undefined))
    throw wrongProperty('topology.optimization', `one or more of ${Object.keys(words).join(', ')}`)
  return Object.assign({ ...noOptimization }, ...known) as Optimization
}
