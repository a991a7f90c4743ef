import type { SourceSpan } from '../../base/errors.ts'
import { finishTopology } from '../../topology/build-topology.ts'
import type { FunctionRef, FunctionScope } from '../../topology/functions.ts'
import type { Optimization } from '../../topology/optimization.ts'
import type { Node, Topology } from '../../topology/topology.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { DefinitionFields } from './fields/file-fields.ts'
import { FunctionRegistry } from './function-registry.ts'
import { OperationNames } from './names.ts'
import { buildPipelines } from './pipelines.ts'
import type { Scope } from './scope.ts'
import { StoreRegistry } from './store-registry.ts'
import { TopicRegistry } from './topic-registry.ts'
import { warnOfCircles } from './warn-circles.ts'

interface BuildOptions {
  readonly diagnostics: Diagnostics
  /** The absolute path of the definition. */
  readonly file: string
  readonly name: string
  /** Prefixes the names of operations and loggers. */
  readonly namespace: string
  readonly optimization: Optimization
  /** The beginning of the file. */
  readonly span: SourceSpan
}

/** The code of a definition, for whoever compiles it. */
export interface DefinitionCode {
  readonly scope: FunctionScope
  /** What stands at its operation. */
  readonly inline: readonly FunctionRef[]
}

interface BuiltPipelines {
  /** Absent where there are errors; they are in the diagnostics. */
  readonly topology: Topology | undefined
  /** All that could be read, whatever else is wrong. */
  readonly code: DefinitionCode
}

/**
 * Builds the one topology of a definition's pipelines: stores and functions first, then topics, then the pipelines in the order of the file.
 */
export function buildTopologyOfPipelines(fields: DefinitionFields, options: BuildOptions): BuiltPipelines {
  const { diagnostics, file, name, namespace, optimization, span } = options
  const names = new OperationNames(namespace)
  const functions = new FunctionRegistry(diagnostics, file, names)
  const stores = new StoreRegistry(diagnostics, names)
  const nodes: Node[] = []
  const scope: Scope = { diagnostics, names, functions, stores, nodes, sinkSpans: new Map() }
  stores.declare(fields.stores ?? [], { whole: !fields.broken.has('stores') })
  functions.declare(fields.functions ?? [], { whole: !fields.broken.has('functions') })
  const topics = new TopicRegistry(scope)
  topics.declare(fields)
  buildPipelines(fields.pipelines ?? [], { scope, topics })
  stores.finish(functions.storeUses)
  const { named, inline } = functions.code
  const code = { scope: { namespace, functions: named }, inline }
  if (diagnostics.failed) return { topology: undefined, code }
  warnOfCircles(scope)
  try {
    const scoped = { namespace, functions: functions.named }
    const parts = { name, nodes, stores: stores.specs, functions: scoped, optimization }
    return { topology: finishTopology(parts), code }
  } catch (error) {
    diagnostics.addThrown(error, span)
    return { topology: undefined, code }
  }
}
