import { StreamError } from '../base/errors.ts'
import { renderDiagnostic } from '../language/diagnostic.ts'
import { loadDefinition, type LoadedDefinition } from '../language/load.ts'
import type { Topology } from '../topology/topology.ts'

export interface LoadOptions {
  /** Where the definition is said to lie: for messages, and for modules beside it. */
  readonly path?: string
  /** For `${NAME}` in the definition. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Which of several topologies, where a definition has queries beside its pipelines. */
  readonly topology?: string
}

/**
 * What a definition becomes, for a driver or a cluster to run.
 *
 * @param text - the definition, in YAML
 * @throws StreamError `DEFINITION_INVALID` with all that is wrong with it; `NAME_NOT_FOUND` for a topology that it does not have
 */
export async function loadTopology(text: string, options: LoadOptions = {}): Promise<Topology> {
  const { path = 'definition.yaml', environment = {}, topology } = options
  const catalog = { values: () => Promise.resolve(undefined) }
  return chosen(await loadDefinition({ path, text }, { environment, catalog }), text, topology)
}

function chosen({ topologies, diagnostics }: LoadedDefinition, text: string, name?: string): Topology {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (errors.length > 0)
    throw new StreamError('DEFINITION_INVALID', 'the definition is not valid', {
      detail: errors.map((error) => renderDiagnostic(error, text)).join('\n\n'),
    })
  const found = topologies.find((topology) => topology.name === name)
  const [only, ...others] = topologies
  if (found !== undefined) return found
  if (name === undefined && only !== undefined && others.length === 0) return only
  throw new StreamError('NAME_NOT_FOUND', `the definition has ${topologies.length} topologies`, {
    detail: name === undefined ? 'One of them is run.' : `None of them is called "${name}".`,
    hint: `Name one with "topology": ${topologies.map((topology) => topology.name).join(', ')}.`,
  })
}
