import type { SourceSpan } from '../../base/errors.ts'
import type { NamedEntry } from '../schema/collections.ts'
import {
  sinkNames,
  type BodyFields,
  type BranchFields,
  type PipelineFields,
} from './fields/pipeline-fields.ts'
import { flowNames, type Flow } from './flow.ts'
import { NodePath } from './names.ts'
import { applyOperation } from './operations/apply-operation.ts'
import { addNode, useOptionalFunction, type Scope } from './scope.ts'
import { buildSink, type TerminalSink } from './sinks.ts'
import type { TopicRegistry } from './topic-registry.ts'

/** What pipelines are built with. */
export interface PipelineContext {
  readonly scope: Scope
  readonly topics: TopicRegistry
}

/** Builds the pipelines in the order of the file: each may begin with the result of an earlier one. */
export function buildPipelines(
  entries: readonly NamedEntry<PipelineFields>[],
  context: PipelineContext,
): void {
  const { topics } = context
  for (const { name: key, value } of entries) expect(key, value, topics)
  for (const { name: key, span, value } of entries) {
    if (value === undefined) topics.namesUnknown = true
    else buildPipeline(key, value, { ...context, span })
  }
}

function expect(key: string, fields: PipelineFields | undefined, topics: TopicRegistry): void {
  const [sink] = sinkNames.filter((name) => fields?.[name] !== undefined)
  if (sink === undefined || sink === 'as')
    topics.expectResult(fields?.as?.value ?? resultName(key, fields), key)
  else if (sink !== 'branch')
    topics.expectNone(key, fields?.to?.kind === 'name' ? fields.to.name.value : undefined)
}

/** What the result of a pipeline without a sink is called. */
function resultName(key: string, fields: PipelineFields | undefined): string {
  return fields?.name?.value ?? key
}

function buildPipeline(
  key: string,
  fields: PipelineFields,
  { scope, topics, span }: PipelineContext & { readonly span: SourceSpan },
): void {
  const { from } = fields
  const path = new NodePath(['pipelines', key])
  const label = `pipeline "${key}"`
  const flow =
    from.kind === 'name'
      ? topics.resolve(from.name)
      : topics.read({ kind: 'stream', path: path.to('from'), fields: from.value, span: from.span })
  const usable = flow?.kind === 'globalTable' ? undefined : flow
  if (flow?.kind === 'globalTable')
    scope.diagnostics.error(
      'DEFINITION_INVALID',
      `${label} begins with a global table`,
      from.kind === 'name' ? from.name.span : span,
      { hint: 'Begin it with a stream, and join that with the global table.' },
    )
  buildBody(fields, usable, { scope, topics, path, label, span, resultName: resultName(key, fields) })
}

interface BodyContext extends PipelineContext {
  readonly path: NodePath
  readonly label: string
  readonly span: SourceSpan
  /** What the result is called where there is no sink. */
  readonly resultName: string
}

/** The steps and the sink of a pipeline or branch. Without a flow only names are given, so that later pipelines find them. */
function buildBody(fields: BodyFields, start: Flow | undefined, context: BodyContext): void {
  const flow = start === undefined ? undefined : applySteps(fields, start, context)
  const [sink, ...others] = sinkNames.filter((name) => fields[name] !== undefined)
  for (const other of others)
    context.scope.diagnostics.warn(
      'DEFINITION_INVALID',
      `"${other}" of ${context.label} has no effect`,
      context.span,
      {
        detail: `A pipeline has one sink, and "${sink}" is given as well.`,
        hint: 'Keep one of the two. To send records to two places, name the result with "as" and begin two pipelines with it.',
      },
    )
  if (sink === undefined || sink === 'as') nameResult(fields, flow, context)
  else if (flow === undefined) context.topics.namesUnknown ||= sink === 'branch'
  else if (sink === 'branch') buildBranches(fields.branch ?? [], flow, context)
  else buildTerminal(sink, fields, flow, context)
}

function nameResult(
  { as }: BodyFields,
  flow: Flow | undefined,
  { topics, resultName, span }: BodyContext,
): void {
  if (as !== undefined) topics.nameResult(as.value, { flow, span: as.span })
  else if (!topics.isTaken(resultName)) topics.nameResult(resultName, { flow, span })
}

function applySteps(fields: BodyFields, start: Flow, { scope, topics, path }: BodyContext): Flow | undefined {
  let flow = start
  for (const [index, operation] of (fields.via ?? []).entries()) {
    // A step that is broken has been reported; what follows it cannot be checked.
    if (operation === undefined) return undefined
    const place = {
      path: path.to('via', `step${index + 1}`),
      label: operation.at.label,
      span: operation.at.span,
    }
    flow = applyOperation(operation, { scope, topics, flow, place })
  }
  return flow
}

function buildTerminal(sink: TerminalSink, fields: BodyFields, flow: Flow, context: BodyContext): void {
  const { scope, topics, path } = context
  const span = sinkSpan(fields, sink, context)
  if (flow.kind !== 'stream') return refuseSink(sink, flow, span, context)
  buildSink(sink, fields, {
    scope,
    topics,
    flow,
    place: { path: path.to(sink), label: `"${sink}" of ${context.label}`, span },
  })
}

function sinkSpan(fields: BodyFields, sink: TerminalSink, context: BodyContext): SourceSpan {
  const value = fields[sink]
  if (value === undefined) return context.span
  if ('at' in value) return value.at.span
  return value.kind === 'name' ? value.name.span : value.span
}

function refuseSink(sink: string, flow: Flow, span: SourceSpan, { scope, label }: BodyContext): void {
  scope.diagnostics.error(
    'DEFINITION_INVALID',
    `"${sink}" of ${label} cannot be applied to ${flowNames[flow.kind]}`,
    span,
    {
      hint:
        flow.kind === 'table'
          ? 'Put "type: toStream" at the end of "via".'
          : 'Put "count", "reduce" or "aggregate" and "toStream" at the end of "via".',
    },
  )
}

function buildBranches(
  branches: readonly (BranchFields | undefined)[],
  flow: Flow,
  context: BodyContext,
): void {
  const { scope, path, span, label } = context
  if (flow.kind !== 'stream') return refuseSink('branch', flow, span, context)
  const split = scope.names.operation(path.to('branch').long)
  scope.names.skip(1 + branches.length)
  const places = branches.map((_, index) => path.to('branch', `branch${index + 1}`))
  const predicates = branches.map((branch, index) =>
    useOptionalFunction(
      scope,
      branch?.if,
      { path: places[index] ?? path, label, span },
      { kind: 'predicate', field: 'if', arguments: [flow.key.type, flow.value.type] },
    ),
  )
  addNode(scope, {
    kind: 'split',
    id: split,
    input: flow.node,
    predicates: predicates.map((predicate) => predicate?.ref ?? null),
  })
  for (const [index, branch] of branches.entries()) {
    if (branch === undefined) {
      context.topics.namesUnknown = true
      continue
    }
    const name = branch.name?.value ?? `branch${index + 1}`
    const id = scope.names.unique(`${split}_${name}`)
    addNode(scope, { kind: 'branch', id, input: split, index })
    const branchContext = {
      ...context,
      path: places[index] ?? path,
      label: branch.at.label,
      span: branch.at.span,
      resultName: name,
    }
    buildBody(branch, { ...flow, node: id }, branchContext)
  }
}
