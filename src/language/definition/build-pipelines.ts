import type { SourceSpan } from '../../base/errors.ts'
import { finishTopology } from '../../topology/build-topology.ts'
import type { Node, Topology } from '../../topology/topology.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { DefinitionFields } from './fields/file-fields.ts'
import { FunctionRegistry } from './function-registry.ts'
import { OperationNames } from './names.ts'
import { buildPipelines } from './pipelines.ts'
import type { Scope } from './scope.ts'
import { StoreRegistry } from './store-registry.ts'
import { TopicRegistry } from './topic-registry.ts'

interface BuildOptions {
  readonly diagnostics: Diagnostics
  /** The absolute path of the definition. */
  readonly file: string
  readonly name: string
  /** Prefixes the names of operations and loggers. */
  readonly namespace: string
  /** The beginning of the file. */
  readonly span: SourceSpan
}

/**
 * Builds the one topology of a definition's pipelines: stores and functions first, then topics, then the pipelines in the order of the file.
 *
 * @returns undefined where there are errors; they are in the diagnostics
 */
export function buildTopologyOfPipelines(
  fields: DefinitionFields,
  options: BuildOptions,
): Topology | undefined {
  const { diagnostics, file, name, namespace, span } = options
  const names = new OperationNames(namespace)
  const functions = new FunctionRegistry(diagnostics, file, names)
  const stores = new StoreRegistry(diagnostics, names)
  const nodes: Node[] = []
  const scope: Scope = { diagnostics, names, functions, stores, nodes }
  stores.declare(fields.stores ?? [])
  functions.declare(fields.functions ?? [])
  const topics = new TopicRegistry(scope)
  topics.declare(fields)
  buildPipelines(fields.pipelines ?? [], { scope, topics })
  stores.finish(functions.storeUses)
  if (diagnostics.failed) return undefined
  try {
    return finishTopology({
      name,
      nodes,
      stores: stores.specs,
      functions: { namespace, functions: functions.named },
    })
  } catch (error) {
    diagnostics.addThrown(error, span)
    return undefined
  }
}
