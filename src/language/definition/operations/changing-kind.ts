import type { FieldsOf } from '../fields/operation-fields.ts'
import type { Flow } from '../flow.ts'
import { addNode, useOptionalFunction } from '../scope.ts'
import { expectStream, refuseFlow, repartitionBy, statefulName, statelessName, type Step } from './step.ts'

export function applyToStream(step: Step<FieldsOf<'toStream'>>): Flow | undefined {
  const { scope, flow, place, fields } = step
  if (flow.kind !== 'table') {
    if (flow.kind !== 'stream') return refuseFlow(step)
    scope.diagnostics.error(
      'DEFINITION_INVALID',
      `${place.label} is applied to a stream already`,
      place.span,
      {
        hint: 'Remove it.',
      },
    )
    return undefined
  }
  const mapper = useOptionalFunction(scope, fields.mapper, place, {
    kind: 'keyTransformer',
    field: 'mapper',
    arguments: [flow.key.type, flow.value.type],
  })
  const id = statelessName(step)
  if (mapper === undefined) return undefined
  scope.names.skip(mapper === null ? 1 : 2)
  addNode(scope, {
    kind: 'to-stream',
    id,
    input: flow.node,
    ...(mapper === null ? {} : { mapper: mapper.ref }),
  })
  const key = mapper === null ? flow.key : mapper.result.format
  return { kind: 'stream', node: id, key, value: flow.value, rekeyed: mapper !== null }
}

export function applyToTable(step: Step<FieldsOf<'toTable'>>): Flow | undefined {
  const flow = expectStream(step)
  if (flow === undefined) return undefined
  const { scope, place, fields } = step
  const { key, value } = flow
  const id = statefulName(step)
  scope.names.skip(1)
  const store = scope.stores.materialise({
    reference: fields.store,
    ownName: place.path.short,
    countedPrefix: 'KSTREAM-TOTABLE',
    key,
    value,
    label: place.label,
    versionable: true,
  })
  if (store === undefined) return undefined
  const input = flow.rekeyed ? repartitionBy(scope, flow, id) : flow.node
  const historyMs = scope.stores.historyOf(store)
  addNode(scope, {
    kind: 'to-table',
    id,
    input,
    store,
    ...(historyMs === undefined ? {} : { versioned: true }),
    ...(fields.store === undefined ? { onDemand: true } : {}),
  })
  return { kind: 'table', node: id, key, value, historyMs }
}
