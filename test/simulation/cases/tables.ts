import { auditJournal, recordsBy } from '../audit/lists.ts'
import { auditReplay, type NaiveInput, type NaiveTask } from '../audit/replay.ts'
import type { Evidence } from '../audit/evidence.ts'
import type { ReadRecord } from '../../../src/testing/cluster.ts'
import type { FunctionRef } from '../../../src/topology/functions.ts'
import type { Node, TableJoinNode } from '../../../src/topology/topology.ts'
import type { Variant } from '../variant.ts'
import { changesOf, js, keyValueStore, mapped, pairOfText, pick, sink, text, topologyOf } from './case.ts'
import type { Draw, InputRecord, SimulationCase } from './case.ts'

const keys = ['a', 'b', 'c', 'd', 'e', 'f']
const partitions = 2
type Side = 'lefts' | 'rights'

/**
 * Tables `lefts` and `rights` joined: their changes and the result's to `out`, a journal of the task. Some of the result's rows, by their last
 * digit over a topic, are gathered in groups, from which each is taken again when it changes: the groups to `groups`.
 */
export const tablesCase: SimulationCase = {
  name: 'tables',
  topics: { lefts: partitions, rights: partitions, out: partitions, groups: 1 },
  topology: (variant) =>
    topologyOf(
      [...table('lefts'), ...table('rights'), ...joinNodes(typeOf(variant)), ...groupNodes],
      [
        ...['lefts', 'rights'].map((name) =>
          keyValueStore(name, { logging: variant.optimised ? 'source' : 'own' }),
        ),
        keyValueStore('groups', { caching: variant.caching }),
      ],
    ),
  draw: (draw) => row(draw.random.next() < 0.5 ? 'lefts' : 'rights', pick(draw.random, keys), draw),
  last: (draw) => keys.flatMap((key) => [row('lefts', key, draw), row('rights', key, draw)]),
  audit: (evidence) => {
    const found = evidence.read('out')
    return [
      ...auditSide(evidence, 'lefts'),
      ...auditSide(evidence, 'rights'),
      ...auditReplay(evidence, { found, isInput, begin: () => new NaiveJoin(typeOf(evidence.variant)) }),
      ...auditGroups(evidence),
    ]
  },
}

function typeOf({ caching, optimised }: Variant): TableJoinNode['type'] {
  if (optimised) return 'inner'
  return caching ? 'outer' : 'left'
}

function table(topic: Side): Node[] {
  return [
    { kind: 'table-source', id: topic, topic, key: text, value: text, store: topic },
    changesOf(topic),
    mapped(`${topic} shown`, `${topic} changes`, `value === null ? "${topic[0]}-" : value`),
    sink(`${topic} shown`, 'out'),
  ]
}

function joinNodes(type: TableJoinNode['type']): Node[] {
  return [
    {
      kind: 'table-join',
      id: 'pairs',
      left: 'lefts',
      right: 'rights',
      type,
      joiner: js('both', 'valueJoiner', 'value1 + "/" + value2'),
    },
    changesOf('pairs'),
    mapped('pairs shown', 'pairs changes', 'value === null ? "/" : value'),
    sink('pairs shown', 'out'),
  ]
}

const groupNodes: readonly Node[] = [
  {
    kind: 'filter',
    id: 'some',
    input: 'pairs',
    predicate: js('some', 'predicate', 'value !== null && !value.endsWith("3")'),
    negate: false,
    table: true,
  },
  mapped('marked', 'some', 'value === null ? null : key + "=" + value', true),
  {
    kind: 'table-group',
    id: 'by-digit',
    input: 'marked',
    mapper: js('groupOf', 'keyValueMapper', '[value.slice(-1), value]', { resultType: pairOfText }),
    key: text,
  },
  {
    kind: 'repartition',
    id: 'regrouped',
    input: 'by-digit',
    topic: 'by-digit-repartition',
    key: text,
    value: text,
    partitions: 2,
    carries: 'changes',
  },
  {
    kind: 'table-aggregate',
    id: 'groups',
    input: 'regrouped',
    store: 'groups',
    fold: {
      kind: 'aggregate',
      initializer: js('none', 'initializer', '""'),
      adder: gathering('add', '[...aggregate.split(";"), value]'),
      subtractor: gathering('take', 'aggregate.split(";").filter((one) => one !== value)'),
    },
  },
  changesOf('groups'),
  sink('groups changes', 'groups'),
]

/** Of a list of rows, in order, behind semicolons. */
function gathering(name: string, list: string): FunctionRef {
  return js(name, 'aggregator', `(${list}).filter((one) => one !== "").sort().join(";")`)
}

function row(topic: Side, key: string, draw: Draw): InputRecord {
  const isGone = draw.random.next() < 0.15
  return { topic, key, value: isGone ? null : `${topic[0]}${draw.next(topic)}` }
}

function isInput({ value }: ReadRecord): boolean {
  return !String(value).includes('/')
}

function auditSide(evidence: Evidence, topic: Side): string[] {
  return auditJournal(evidence, {
    wanted: evidence.read(topic),
    found: evidence
      .read('out')
      .filter((one) => isInput(one) && String(one.value).startsWith(topic.charAt(0))),
    by: ({ key }) => String(key),
    valueIn: ({ value }) => (String(value).endsWith('-') ? 'null' : String(value)),
  })
}

class NaiveJoin implements NaiveTask {
  readonly #alone: Readonly<Record<string, boolean>>
  readonly #rows = new Map<string, string>()

  constructor(type: TableJoinNode['type']) {
    this.#alone = { l: type !== 'inner', r: type === 'outer' }
  }

  /** Where nothing can have been joined before or after, nothing is said. */
  take({ key, value }: NaiveInput): string[] {
    const [own, other] = value.startsWith('l') ? ['l', 'r'] : ['r', 'l']
    const before = this.#rows.get(own + key)
    const partner = this.#rows.get(other + key)
    if (value.endsWith('-')) this.#rows.delete(own + key)
    else this.#rows.set(own + key, value)
    const isThere = before !== undefined || !value.endsWith('-')
    if (partner === undefined && !(this.#alone[own] === true && isThere)) return []
    return [`${key} ${this.pair(key)}`]
  }

  /** What a key's rows come to. */
  pair(key: string): string {
    const [left, right] = [this.#rows.get(`l${key}`), this.#rows.get(`r${key}`)]
    const isWhole = left !== undefined && right !== undefined
    const isAlone =
      (left !== undefined && this.#alone['l'] === true) || (right !== undefined && this.#alone['r'] === true)
    return isWhole || isAlone ? `${left ?? null}/${right ?? null}` : '/'
  }
}

/** What is in each group in the end is what both tables say then. */
function auditGroups(evidence: Evidence): string[] {
  if (!evidence.strict) return []
  const naive = new NaiveJoin(typeOf(evidence.variant))
  for (const topic of ['lefts', 'rights'] as const)
    for (const { key, value, timestampMs } of evidence.read(topic))
      naive.take({ key: String(key), value: value === null ? `${topic[0]}-` : String(value), timestampMs })
  const rows = keys
    .map((key) => `${key}=${naive.pair(key)}`)
    .filter((one) => !one.endsWith('/') && !one.endsWith('3'))
  const found = recordsBy(evidence.read('groups'), ({ key }) => String(key))
  const groups = new Set([...found.keys(), ...rows.map((one) => one.slice(-1))])
  return [...groups].flatMap((group) => {
    const want = rows.filter((one) => one.endsWith(group)).toSorted()
    const have = String(found.get(group)?.at(-1)?.value ?? '')
    return have === want.join(';') ? [] : [`group "${group}" has ${have} in the end, not ${want.join(';')}`]
  })
}
