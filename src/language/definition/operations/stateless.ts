import { isSameType } from '../../../data/assignable.ts'
import type { TypeTree } from '../../../data/type-strings.ts'
import type { DataType, Format } from '../../../data/types.ts'
import type { FunctionKind } from '../../../topology/functions.ts'
import type { TransformNode } from '../../../topology/topology.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import type { Flow } from '../flow.ts'
import { addNode, useFunction, useOptionalFunction } from '../scope.ts'
import {
  describeSides,
  expectStream,
  refuseFlow,
  repartitionBy,
  resolveTarget,
  statefulName,
  statelessName,
  warnUnused,
} from './step.ts'
import type { Step } from './step.ts'

const onTables = 'Only the result of an operation on a table can be kept in a store.'

/** `filter` and `filterNot`, on streams and tables. */
export function applyFilter(step: Step<FieldsOf<'filter'>>): Flow | undefined {
  const { scope, flow, place, fields, type } = step
  if (flow.kind !== 'stream' && flow.kind !== 'table') return refuseFlow(step)
  const table = flow.kind === 'table'
  const predicate = useFunction(scope, fields.if, place, {
    kind: 'predicate',
    field: 'if',
    arguments: [flow.key.type, flow.value.type],
    stores: !table,
  })
  const id = statefulName(step)
  if (predicate === undefined) return undefined
  const base = {
    kind: 'filter',
    id,
    input: flow.node,
    predicate: predicate.ref,
    negate: type === 'filterNot',
  } as const
  if (!table) {
    warnUnused(step, 'store', fields.store, onTables)
    addNode(scope, { ...base, table: false })
    return { ...flow, node: id }
  }
  const store = materialisedTable(step, flow, id)
  scope.names.skip(1)
  const ofVersions = flow.historyMs === undefined ? {} : { ofVersions: true }
  addNode(scope, { ...base, table: true, ...ofVersions, ...(store === undefined ? {} : { store }) })
  return { ...flow, node: id, historyMs: store === undefined ? flow.historyMs : undefined }
}

/** `transformValue`, on streams and tables. */
export function applyTransformValue(step: Step<FieldsOf<'transformValue'>>): Flow | undefined {
  const { scope, flow, place, fields } = step
  if (flow.kind !== 'stream' && flow.kind !== 'table') return refuseFlow(step)
  const table = flow.kind === 'table'
  const mapper = useFunction(scope, fields.mapper, place, {
    kind: 'valueTransformer',
    field: 'mapper',
    arguments: [flow.key.type, flow.value.type],
    stores: !table,
  })
  const id = statefulName(step)
  if (mapper === undefined) return undefined
  const value = mapper.result.format
  const base = { kind: 'transform', id, input: flow.node, result: 'value', mapper: mapper.ref } as const
  if (!table) {
    warnUnused(step, 'store', fields.store, onTables)
    addNode(scope, { ...base, table: false })
    return { ...flow, node: id, value }
  }
  const store = materialisedTable(step, { key: flow.key, value }, id)
  scope.names.skip(1)
  addNode(scope, { ...base, table: true, ...(store === undefined ? {} : { store }) })
  return { ...flow, node: id, value, historyMs: store === undefined ? flow.historyMs : undefined }
}

function materialisedTable(
  { scope, place, fields }: Step<FieldsOf<'filter'> | FieldsOf<'transformValue'>>,
  formats: { readonly key: Format; readonly value: Format },
  countedPrefix: string,
): string | undefined {
  if (fields.store === undefined) return undefined
  const { key, value } = formats
  return scope.stores.materialise({
    reference: fields.store,
    ownName: place.path.short,
    countedPrefix,
    key,
    value,
    label: place.label,
  })
}

interface Mapping {
  readonly kind: FunctionKind
  readonly node: TransformNode['result']
  /** What the function must return, where the kind does not say. */
  readonly returns?: DataType
}

const any: DataType = { kind: 'any' }
const pair: DataType = { kind: 'tuple', of: [any, any] }

const mappings = {
  transformKey: { kind: 'keyTransformer', node: 'key' },
  transformKeyValue: { kind: 'keyValueTransformer', node: 'key-value', returns: pair },
  transformKeyValueToKeyValueList: {
    kind: 'keyValueToKeyValueListTransformer',
    node: 'key-values',
    returns: { kind: 'list', of: pair },
  },
  transformKeyValueToValueList: {
    kind: 'keyValueToValueListTransformer',
    node: 'values',
    returns: { kind: 'list', of: any },
  },
  transformMetadata: { kind: 'metadataTransformer', node: 'metadata' },
} as const satisfies Record<string, Mapping>

export type MappingType = keyof typeof mappings

/** The operations that make new records of each, by one function. */
export function applyMapping(step: Step<FieldsOf<MappingType>>, type: MappingType): Flow | undefined {
  const flow = expectStream(step)
  if (flow === undefined) return undefined
  const { scope, place, fields } = step
  const mapping: Mapping = mappings[type]
  const mapper = useFunction(scope, fields.mapper, place, {
    kind: mapping.kind,
    field: 'mapper',
    arguments: [flow.key.type, flow.value.type],
    stores: true,
    ...(mapping.returns === undefined ? {} : { result: mapping.returns }),
  })
  const id = statelessName(step)
  if (mapper === undefined) return undefined
  addNode(scope, {
    kind: 'transform',
    id,
    input: flow.node,
    result: mapping.node,
    mapper: mapper.ref,
    table: false,
  })
  return {
    ...flow,
    node: id,
    ...newSides(type, mapper.result, flow),
    rekeyed: flow.rekeyed || changesKey.has(type),
  }
}

const changesKey: ReadonlySet<MappingType> = new Set<MappingType>([
  'transformKey',
  'transformKeyValue',
  'transformKeyValueToKeyValueList',
])

/** Key and value of the new records. */
function newSides(
  type: MappingType,
  result: TypeTree,
  old: { key: Format; value: Format },
): { key: Format; value: Format } {
  switch (type) {
    case 'transformKey':
      return { key: result.format, value: old.value }
    case 'transformKeyValue':
      return sidesOf(result, old)
    case 'transformKeyValueToKeyValueList':
      return sidesOf(result.members[0], old)
    case 'transformKeyValueToValueList':
      return { key: old.key, value: result.members[0]?.format ?? old.value }
    case 'transformMetadata':
      return { key: old.key, value: old.value }
  }
}

function sidesOf(
  tuple: TypeTree | undefined,
  old: { key: Format; value: Format },
): { key: Format; value: Format } {
  return { key: tuple?.members[0]?.format ?? old.key, value: tuple?.members[1]?.format ?? old.value }
}

/** `punctuate`: what comes in says what time it is. */
export function applyPunctuate(step: Step<FieldsOf<'punctuate'>>): Flow | undefined {
  const flow = expectStream(step)
  if (flow === undefined) return undefined
  const { scope, place, fields } = step
  const { every, time } = fields
  const punctuator = useFunction(scope, fields.punctuator, place, {
    kind: 'punctuator',
    field: 'punctuator',
    arguments: [{ kind: 'long' }],
    stores: true,
    result: { kind: 'list', of: pair },
  })
  const id = statelessName(step)
  if (punctuator === undefined) return undefined
  if (every.value === 0) {
    scope.diagnostics.error('DEFINITION_INVALID', `"every" of ${place.label} is no time`, every.span, {
      hint: 'Say how much time passes between two calls, at least a millisecond.',
    })
    return undefined
  }
  addNode(scope, {
    kind: 'punctuate',
    id,
    input: flow.node,
    everyMs: every.value,
    time: time.value === 'stream' ? 'stream' : 'wall-clock',
    punctuator: punctuator.ref,
  })
  return { ...flow, node: id, ...sidesOf(punctuator.result.members[0], flow), rekeyed: true }
}

export function applyPeek(step: Step<FieldsOf<'peek'>>): Flow | undefined {
  const flow = expectStream(step)
  if (flow === undefined) return undefined
  const action = useFunction(step.scope, step.fields.forEach, step.place, {
    kind: 'forEach',
    field: 'forEach',
    arguments: [flow.key.type, flow.value.type],
    stores: true,
  })
  const id = statelessName(step)
  if (action === undefined) return undefined
  addNode(step.scope, { kind: 'peek', id, input: flow.node, action: action.ref })
  return { ...flow, node: id }
}

export function applyMerge(step: Step<FieldsOf<'merge'>>): Flow | undefined {
  const flow = expectStream(step)
  const other = resolveTarget(step, step.fields.stream, 'stream')
  if (flow === undefined || other?.kind !== 'stream') return undefined
  const { scope, place } = step
  for (const side of ['key', 'value'] as const) {
    if (isSameType(flow[side].type, other[side].type)) continue
    scope.diagnostics.error('TYPE_INVALID', `${place.label} would mix two ${side} types`, place.span, {
      detail: `The ${side}s of the two streams are ${describeSides(flow[side], other[side])}.`,
      hint: `Bring one stream into the other's type before, with "transform${side === 'key' ? 'Key' : 'Value'}".`,
    })
    return undefined
  }
  scope.names.skip(1)
  const id = addNode(scope, { kind: 'merge', id: statelessName(step), inputs: [flow.node, other.node] })
  return { ...flow, node: id, rekeyed: flow.rekeyed || other.rekeyed }
}

export function applyRepartition(step: Step<FieldsOf<'repartition'>>): Flow | undefined {
  const flow = expectStream(step)
  if (flow === undefined) return undefined
  const { scope, place, fields } = step
  const partitioner = useOptionalFunction(scope, fields.partitioner, place, {
    kind: 'streamPartitioner',
    field: 'partitioner',
    arguments: [{ kind: 'string' }, flow.key.type, flow.value.type, { kind: 'int' }],
  })
  if (partitioner === undefined) return undefined
  const { numberOfPartitions } = fields
  const anonymous = partitioner === null && numberOfPartitions === undefined && fields.name === undefined
  const name = anonymous ? scope.names.counted('KSTREAM-REPARTITION') : statelessName(step)
  const node = repartitionBy(scope, flow, name, {
    pinned: true,
    ...(numberOfPartitions === undefined ? {} : { partitions: numberOfPartitions.value }),
    ...(partitioner === null ? {} : { partitioner: partitioner.ref }),
  })
  return { ...flow, node, rekeyed: false }
}
