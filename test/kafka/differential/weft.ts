import { renderDiagnostic } from '../../../src/language/diagnostic.ts'
import { loadDefinition } from '../../../src/language/load.ts'
import { TestDriver, type DriverOutput } from '../../../src/testing/test-driver.ts'
import type { Topology } from '../../../src/topology/topology.ts'
import { definitionOf } from './definition.ts'
import {
  namespace,
  outputTopics,
  sortParts,
  type Outcome,
  type Plan,
  type PlanPart,
  type WrittenRecord,
} from './plan.ts'
import { storesOf } from './weft-stores.ts'

/** What Weft makes of a plan. */
export async function runWeft(plan: Plan): Promise<Outcome> {
  const topology = await load(definitionOf(plan), plan.optimized === true)
  await using driver = await TestDriver.open(topology, { applicationId: 'app' })
  for (const { topic, key, value, timestampMs, headers } of plan.records)
    driver.send(topic, {
      key,
      value,
      timestampMs,
      headers: (headers ?? []).map(([name, text]) => ({ key: name, value: Buffer.from(text) })),
    })
  const outputs = outputTopics(plan).map((topic) => [topic, driver.take(topic).map(written)] as const)
  return {
    outputs: Object.fromEntries(outputs),
    stores: storesOf(driver, topology, plan.records),
    parts: sortParts(partsOf(topology)),
  }
}

async function load(text: string, optimized: boolean): Promise<Topology> {
  const file = { path: 'plan.yaml', text }
  const catalog = { values: () => Promise.resolve(undefined) }
  const optimization = { mergeRepartitions: optimized, selfJoins: optimized }
  const options = { environment: {}, catalog, namespace, optimization }
  const { topologies, diagnostics } = await loadDefinition(file, options)
  const [topology] = topologies
  if (topology !== undefined) return topology
  throw new Error(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, text)).join('\n'))
}

function written({ key, value, timestampMs, headers }: DriverOutput): WrittenRecord {
  const shownHeaders = (headers ?? []).map((header) => [header.key, String(header.value)] as const)
  return [shown(key), shown(value), timestampMs, shownHeaders]
}

function shown(value: unknown): string | null {
  return value === null ? null : `${value as string | number}`
}

function partsOf(topology: Topology): PlanPart[] {
  const nodes = new Map(topology.nodes.map((node) => [node.id, node]))
  return topology.subTopologies.map(({ nodes: ids, sources, stores }) => ({
    sources,
    stores,
    sinks: ids.flatMap((id) => {
      const node = nodes.get(id)
      if (node?.kind === 'sink' && node.topic.kind === 'topic') return [node.topic.name]
      if (node?.kind !== 'repartition' || !ids.includes(node.input)) return []
      // A repartition behind another one may be read where that one is only written.
      const input = nodes.get(node.input)
      return input?.kind === 'repartition' && !sources.includes(input.topic) ? [] : [node.topic]
    }),
  }))
}
