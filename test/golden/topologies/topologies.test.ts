import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeFormat } from '../../../src/data/type-strings.ts'
import type { Format } from '../../../src/data/types.ts'
import { renderDiagnostic } from '../../../src/language/diagnostic.ts'
import { loadDefinition } from '../../../src/language/load.ts'
import { describeTopology } from '../../../src/topology/describe.ts'
import type { FunctionRef } from '../../../src/topology/functions.ts'
import { inputsOf } from '../../../src/topology/node-edges.ts'
import type { Node, StoreSpec, Topology } from '../../../src/topology/topology.ts'

// What each definition becomes is kept beside it: the names in it are those of topics and stores, so a change is seen.
const files = globSync(join(import.meta.dirname, '*.yaml')).toSorted()

describe('a definition', () => {
  test.each(files.map((path) => [basename(path), path]))(
    'becomes the nodes beside %s',
    async (name, path) => {
      const text = readFileSync(path, 'utf8')
      const catalog = { values: () => Promise.resolve(undefined) }
      const loaded = await loadDefinition({ path: name, text }, { environment: {}, catalog, namespace: 'ns' })
      expect(loaded.diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, text))).toEqual([])
      const listed = loaded.topologies.map(listTopology).join('\n')
      await expect(`${loaded.form}\n${listed}`).toMatchFileSnapshot(path.replace(/\.yaml$/, '.txt'))
    },
  )
})

describe('what is said of a definition', () => {
  test.each(files.map((path) => [basename(path), path]))(
    'has each store with its bound, or says that there is none: %s',
    async (name, path) => {
      const catalog = { values: () => Promise.resolve(undefined) }
      const file = { path: name, text: readFileSync(path, 'utf8') }
      const { topologies } = await loadDefinition(file, { environment: {}, catalog })
      for (const topology of topologies) {
        const lines = describeTopology(topology).split('\n')
        const bounds = topology.stores.map((store) =>
          lines.find((line) => line.trimStart().startsWith(`store ${store.name} [`)),
        )
        const bounded = /; (unbounded: |kept for |each entry kept )[^\]]+\]$/
        expect(bounds).toEqual(topology.stores.map(() => expect.stringMatching(bounded)))
      }
    },
  )
})

function listTopology({ name, nodes, stores, subTopologies }: Topology): string {
  return [
    `topology ${name}`,
    ...nodes.map(listNode),
    ...stores.map(listStore),
    ...subTopologies.map(
      ({ index, nodes, sources }) =>
        `  sub-topology ${index}: ${sources.join(', ')} -> ${nodes.length} nodes`,
    ),
    '',
  ].join('\n')
}

function listStore({ name, kind, key, value, ...traits }: StoreSpec): string {
  return `  store ${name}: ${kind} ${both(key, value)} ${JSON.stringify({ ...traits, columns: undefined })}`
}

// What the SQL planner computes has tests of its own.
const hidden = ['input', 'inputs', 'table', 'columns', 'layout', 'cells', 'where', 'index', 'sourceName']

function listNode(node: Node): string {
  const { kind, id, ...rest } = node
  const inputs = inputsOf(node).join(', ')
  const facts = Object.entries(rest).filter(([key]) => !hidden.includes(key))
  const shown = facts.map(([key, value]) => `${key}=${show(value)}`).join(' ')
  return `  ${kind} ${id}${inputs === '' ? '' : ` <- ${inputs}`}  ${shown}`.trimEnd()
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  if ('notation' in value) return describeFormat(value as Format)
  if ('parameters' in value) return showFunction(value as FunctionRef)
  return `{${Object.entries(value)
    .filter(([key]) => key !== 'span')
    .map(([key, inner]) => `${key}: ${show(inner)}`)
    .join(', ')}}`
}

function showFunction({ name, kind, parameters, body, stores }: FunctionRef): string {
  const using = stores.length === 0 ? '' : ` using ${stores.join(', ')}`
  return `${body.language} ${kind} ${name}(${parameters.map((parameter) => parameter.name).join(', ')})${using}`
}

function both(key: Format, value: Format): string {
  return `${describeFormat(key)} -> ${describeFormat(value)}`
}
