import type { Format } from '../../src/data/types.ts'
import { finishTopology } from '../../src/topology/build-topology.ts'
import type { FunctionRef } from '../../src/topology/functions.ts'
import type { Topology } from '../../src/topology/topology.ts'

const text: Format = { notation: 'binary', type: { kind: 'string' } }
const long: Format = { notation: 'binary', type: { kind: 'long' } }

/** The word of an input `word:number`. */
const byWord: FunctionRef = {
  name: 'byWord',
  kind: 'keyTransformer',
  parameters: [{ name: 'key' }, { name: 'value' }],
  resultType: { kind: 'string' },
  stores: [],
  body: {
    language: 'javascript',
    expression: {
      text: 'value.split(":")[0]',
      span: { file: 'simulation.yaml', line: 1, column: 1, length: 19 },
    },
  },
}

/**
 * `words` (values `word:number`) by word over a repartition topic; from there each record to `passed` as it is, and a running count
 * per word to `counts`.
 */
export function simulatedTopology(caching: boolean): Topology {
  return finishTopology({
    name: 'simulation',
    functions: { namespace: 'simulation', functions: [] },
    nodes: [
      { kind: 'source', id: 'words', topics: ['words'], key: text, value: text },
      { kind: 'transform', id: 'rekey', input: 'words', result: 'key', mapper: byWord, table: false },
      {
        kind: 'repartition',
        id: 'by-word',
        input: 'rekey',
        topic: 'by-word-repartition',
        key: text,
        value: text,
      },
      {
        kind: 'sink',
        id: 'pass',
        input: 'by-word',
        topic: { kind: 'topic', name: 'passed' },
        key: text,
        value: text,
      },
      { kind: 'aggregate', id: 'count', input: 'by-word', fold: { kind: 'count' }, store: 'counts' },
      { kind: 'to-stream', id: 'stream', input: 'count' },
      {
        kind: 'sink',
        id: 'out',
        input: 'stream',
        topic: { kind: 'topic', name: 'counts' },
        key: text,
        value: long,
      },
    ],
    stores: [
      {
        name: 'counts',
        kind: 'key-value',
        key: text,
        value: long,
        timestamped: true,
        persistent: true,
        caching,
        logging: 'own',
      },
    ],
  })
}
