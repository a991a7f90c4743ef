import type { Format } from '../../../data/types.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import type { Flow } from '../flow.ts'
import { addNode } from '../scope.ts'
import { expectStream, repartitionBy, statefulName, type Step } from './step.ts'

const boolean: Format = { notation: 'binary', type: { kind: 'boolean' } }

/** `deduplicate`: each key once within a time. */
export function applyDeduplicate(step: Step<FieldsOf<'deduplicate'>>): Flow | undefined {
  const flow = expectStream(step)
  if (flow === undefined) return undefined
  const { scope, place, fields } = step
  const id = statefulName(step)
  const withinMs = fields.within.value
  if (withinMs === 0) {
    scope.diagnostics.error(
      'DEFINITION_INVALID',
      `"within" of ${place.label} is no time`,
      fields.within.span,
      {
        hint: 'Say how far apart in time two records of a key must be, at least a millisecond.',
      },
    )
    return undefined
  }
  const graceMs = fields.grace?.value ?? withinMs
  const store = scope.stores.materialise({
    reference: fields.store,
    ownName: place.path.short,
    countedPrefix: 'WEFT-DEDUPLICATE',
    unnamed: `${id}-passed`,
    key: flow.key,
    value: boolean,
    label: place.label,
    shape: {
      kind: 'window',
      windowSizeMs: withinMs,
      retentionMs: withinMs + graceMs,
      retainDuplicates: false,
    },
    traits: { caching: false },
  })
  if (store === undefined) return undefined
  const input = flow.rekeyed ? repartitionBy(scope, flow, id, { counted: 0 }) : flow.node
  addNode(scope, { kind: 'deduplicate', id, input, withinMs, graceMs, store })
  return { ...flow, node: id, rekeyed: false }
}
