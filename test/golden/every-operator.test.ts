import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Node, Topology } from '../../src/topology/topology.ts'
import { cases } from '../simulation/cases/all.ts'
import { readCase } from './golden-case.ts'

// Whoever writes an operator is told here what it lacks: a golden case, which runs whole, split, stopped and killed on every engine, and a
// topology of the simulation. A new kind of node does not compile before it has a row.

/** All ways that an operator can be; what makes no difference to what it does is none. */
const variants: { readonly [Kind in Node['kind']]: readonly string[] } = {
  source: ['one topic', 'several topics'],
  'table-source': ['newest row', 'versions'],
  'global-table': ['by record key', 'by columns'],
  filter: ['stream', 'table'],
  transform: [
    'key of stream',
    'value of stream',
    'key-value of stream',
    'key-values of stream',
    'values of stream',
    'metadata of stream',
    'value of table',
  ],
  convert: ['key', 'value'],
  peek: [''],
  print: [''],
  split: [''],
  branch: [''],
  merge: [''],
  repartition: ['by key', 'by partitioner'],
  aggregate: ['count', 'reduce', 'aggregate', 'top', 'several groups'],
  'window-aggregate': ['hopping', 'cumulating', 'sliding', 'session'].flatMap((windows) => [
    `${windows}, update`,
    `${windows}, close`,
  ]),
  'table-group': [''],
  'table-aggregate': ['count', 'reduce', 'aggregate'],
  'table-join': ['inner', 'left', 'outer'],
  'foreign-key-subscribe': ['inner', 'left'],
  'foreign-key-answer': [''],
  'foreign-key-resolve': ['inner', 'left'],
  'stream-join': ['inner', 'left', 'outer'],
  'self-join': [''],
  deduplicate: [''],
  punctuate: ['stream', 'wall-clock'],
  suppress: ['time-limit', 'window-close'],
  'to-stream': [''],
  'to-table': ['newest row', 'versions'],
  'stream-table-join': ['inner', 'left', 'inner with grace', 'left with grace'],
  'global-join': ['inner', 'left'],
  'lookup-join': ['inner', 'left'],
  combination: ['driver', 'driver with look-ups', 'driver by record key', 'joined'],
  'ttl-join': ['event', 'dimension'].flatMap((role) =>
    ['inner', 'left'].flatMap((type) => [`${type}, ${role}, immediate`, `${type}, ${role}, smart`]),
  ),
  release: ['immediate', 'smart'],
  select: [''],
  sink: ['topic', 'extractor'],
}

function variantsOf(node: Node): readonly string[] {
  switch (node.kind) {
    case 'source':
      return [node.topics.length > 1 ? 'several topics' : 'one topic']
    case 'table-source':
    case 'to-table':
      return [node.versioned === true ? 'versions' : 'newest row']
    case 'global-table':
      return [node.index === undefined ? 'by record key' : 'by columns']
    case 'filter':
      return [node.table ? 'table' : 'stream']
    case 'transform':
      return [`${node.result} of ${node.table ? 'table' : 'stream'}`]
    case 'convert':
      return [...(node.key === undefined ? [] : ['key']), ...(node.value === undefined ? [] : ['value'])]
    case 'repartition':
      return [node.partitioner === undefined ? 'by key' : 'by partitioner']
    case 'aggregate':
      return [node.fold.kind, ...(node.others === undefined ? [] : ['several groups'])]
    case 'table-aggregate':
      return [node.fold.kind]
    case 'window-aggregate':
      return [`${node.windows.kind}, ${node.emit}`]
    case 'stream-table-join':
      return [`${node.type}${node.grace === undefined ? '' : ' with grace'}`]
    case 'table-join':
    case 'stream-join':
    case 'foreign-key-subscribe':
    case 'foreign-key-resolve':
    case 'global-join':
    case 'lookup-join':
      return [node.type]
    case 'suppress':
      return [node.until.kind]
    case 'punctuate':
      return [node.time]
    case 'combination':
      return [combinationOf(node)]
    case 'ttl-join':
      return [`${node.type}, ${node.tables[node.scope]?.role ?? ''}, ${node.emission}`]
    case 'release':
      return [node.emission]
    case 'sink':
      return [node.topic.kind]
    default:
      return ['']
  }
}

function combinationOf(node: Extract<Node, { readonly kind: 'combination' }>): string {
  if (node.scope > 0) return 'joined'
  if (node.store !== undefined) return 'driver by record key'
  return node.lookups.length > 0 ? 'driver with look-ups' : 'driver'
}

function found(topologies: readonly Topology[]): ReadonlySet<string> {
  return new Set(
    topologies.flatMap(({ nodes }) =>
      nodes.flatMap((node) => variantsOf(node).map((variant) => rowOf(node.kind, variant))),
    ),
  )
}

/** Of kinds that keep nothing, or the same in several variants, those that are simulated; absent: all. What prints writes to no topic. */
const simulated: Partial<Record<string, readonly string[]>> = {
  source: ['one topic'],
  'table-source': ['newest row'],
  'to-table': ['versions'],
  transform: [
    'key of stream',
    'value of stream',
    'key-value of stream',
    'values of stream',
    'value of table',
  ],
  convert: ['value'],
  print: [],
  repartition: ['by key'],
  aggregate: ['count', 'reduce', 'top'],
  'table-aggregate': ['aggregate'],
  punctuate: ['stream'],
  'stream-table-join': ['left', 'left with grace'],
  'global-join': ['left'],
  'lookup-join': ['left'],
  combination: ['driver', 'driver by record key', 'joined'],
  'ttl-join': [
    'inner, event, immediate',
    'inner, event, smart',
    'inner, dimension, immediate',
    'inner, dimension, smart',
    'left, dimension, immediate',
    'left, dimension, smart',
  ],
  sink: ['topic'],
} satisfies Partial<Record<Node['kind'], readonly string[]>>

function rowOf(kind: string, variant: string): string {
  return variant === '' ? kind : `${kind}: ${variant}`
}

const folder = join(import.meta.dirname, 'cases')

describe('every operator, in every way that it can be,', () => {
  test('is in a golden case', async () => {
    const golden = await Promise.all(readdirSync(folder).map((name) => readCase(folder, name)))
    const there = found(golden.flatMap(({ topologies }) => topologies))
    const rows = Object.entries(variants).flatMap(([kind, all]) => all.map((one) => rowOf(kind, one)))
    expect(rows.filter((row) => !there.has(row))).toEqual([])
  })

  test('is simulated', async () => {
    const drawn = [true, false].flatMap((caching) =>
      [true, false].map((optimised) => ({ caching, optimised })),
    )
    const topologies = await Promise.all(
      cases.flatMap((one) => drawn.map(async (variant) => one.topology(variant))),
    )
    const there = found(topologies)
    const rows = Object.entries(variants).flatMap(([kind, all]) =>
      (simulated[kind] ?? all).map((one) => rowOf(kind, one)),
    )
    expect(rows.filter((row) => !there.has(row))).toEqual([])
  })
})
