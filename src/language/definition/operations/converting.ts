import type { Format } from '../../../data/types.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import type { Flow } from '../flow.ts'
import { addNode } from '../scope.ts'
import { expectStream, statelessName, type Step } from './step.ts'

type Converting = 'convertKey' | 'convertValue' | 'convertKeyValue'

/** Turns key, value or both of a stream's records into other types. A new key asks for a repartition before it is grouped by. */
export function applyConvert(step: Step<FieldsOf<Converting>>): Flow | undefined {
  const flow = expectStream(step)
  const wanted = wantedSides(step)
  const id = statelessName(step)
  if (flow === undefined || wanted === undefined) return undefined
  const { key = flow.key, value = flow.value } = wanted
  addNode(step.scope, {
    kind: 'convert',
    id,
    input: flow.node,
    ...(wanted.key === undefined ? {} : { key: { from: flow.key, to: key } }),
    ...(wanted.value === undefined ? {} : { value: { from: flow.value, to: value } }),
  })
  return { ...flow, node: id, key, value, rekeyed: flow.rekeyed || wanted.key !== undefined }
}

function wantedSides({
  scope,
  type,
  fields: { into },
}: Step<FieldsOf<Converting>>): { readonly key?: Format; readonly value?: Format } | undefined {
  const { format, members } = into.value
  if (type === 'convertKey') return { key: format }
  if (type === 'convertValue') return { value: format }
  const [key, value, ...others] = members
  if (format.type.kind === 'tuple' && key !== undefined && value !== undefined && others.length === 0)
    return { key: key.format, value: value.format }
  scope.diagnostics.error('TYPE_INVALID', '"into" of "convertKeyValue" is no pair of types', into.span, {
    hint: 'Write the types of key and value in brackets, for example "(string, json)".',
  })
  return undefined
}
