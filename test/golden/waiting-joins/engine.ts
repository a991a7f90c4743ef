/** The engine's side of a comparison: a query of the model, planned from its text and run by the test driver. */
import { renderDiagnostic } from '../../../src/language/diagnostic.ts'
import { loadDefinition } from '../../../src/language/load.ts'
import { TestDriver } from '../../../src/testing/test-driver.ts'
import type { Topology } from '../../../src/topology/topology.ts'
import type { Result } from './interpreter.ts'
import type { ModelQuery, ModelRecord } from './model.ts'

export async function topologyOf(text: string): Promise<Topology> {
  const catalog = { values: () => Promise.resolve(undefined) }
  const source = { path: 'joined.yaml', text }
  const { topologies, diagnostics } = await loadDefinition(source, {
    environment: {},
    catalog,
    namespace: 'joins',
  })
  const [topology] = topologies
  if (topology === undefined)
    throw new Error(diagnostics.map((one) => renderDiagnostic(one, text)).join('\n'))
  return topology
}

/** What the engine gives for each record, and how many drivers' records it counts as expired before anything of them went out. */
export async function outputsOf(
  topology: Topology,
  { tables }: ModelQuery,
  { records, partitions }: { readonly records: readonly ModelRecord[]; readonly partitions: number },
): Promise<{ readonly outputs: readonly (readonly string[])[]; readonly expiredUnemitted: number }> {
  await using driver = await TestDriver.open(topology, { partitions, commit: 'when-told' })
  const outputs = records.map(({ scope, key, value, timestampMs }, index) => {
    driver.send(tables[scope]?.topic ?? '', { key, value, timestampMs })
    if (index % 5 === 4) driver.commit()
    return driver
      .take('out')
      .map((output) => lineOf({ values: output.value as Result['values'], timestampMs: output.timestampMs }))
      .toSorted()
  })
  driver.commit()
  const counted = driver.metrics
    .samples()
    .filter(({ facts }) => facts.name === 'weft_expired_unemitted_total')
  return { outputs, expiredUnemitted: counted.reduce((sum, { value }) => sum + value, 0) }
}

export function lineOf({ values, timestampMs }: Result): string {
  return `${JSON.stringify(values)} at ${timestampMs}`
}

/** The texts `v` of each result's records, as the traces have them: `-` where there is none. */
export function namesOf(lines: readonly string[]): string {
  return lines
    .map(
      (line) =>
        JSON.parse(line.slice(0, line.lastIndexOf(' at '))) as Readonly<Record<string, string | null>>,
    )
    .map((values) =>
      Object.entries(values).flatMap(([name, value]) => (name.startsWith('v') ? [value ?? '-'] : [])),
    )
    .map((names) => names.join(' '))
    .toSorted()
    .join(', ')
}
