import type { SuppressNode } from '../../../topology/suppress-node.ts'
import type { Windows } from '../../../topology/windows.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import { unknownFormat, type Flow, type TableFlow } from '../flow.ts'
import { addNode } from '../scope.ts'
import { refuseFlow, statelessName, type Step } from './step.ts'

type SuppressStep = Step<FieldsOf<'suppress'>>

/** `suppress`: holds a table's changes back, until a time limit or until windows close. */
export function applySuppress(step: SuppressStep): Flow | undefined {
  const { scope, flow, fields } = step
  if (flow.kind !== 'table') return refuseFlow(step)
  const until = fields.until.value === 'timeLimit' ? timeLimit(step) : windowClose(step, flow)
  const id = statelessName(step)
  scope.names.skip(1)
  if (until === undefined) return undefined
  const { key, value } = flow
  const store = scope.stores.addOwn(`${id}-store`, { persistent: false })
  const { maxRecords, maxBytes } = fields
  const bounds = {
    ...(maxRecords === undefined ? {} : { maxRecords: maxRecords.value }),
    ...(maxBytes === undefined ? {} : { maxBytes: maxBytes.value }),
  }
  const base = { kind: 'suppress', id, input: flow.node, until, key, value, store } as const
  addNode(scope, { ...base, ...bounds, whenFull: whenFull(step) })
  return { ...flow, node: id, historyMs: undefined }
}

function whenFull({ fields }: SuppressStep): SuppressNode['whenFull'] {
  // Final values that go early would not be final.
  if (fields.until.value === 'windowCloses') return 'fail'
  return fields.bufferFullStrategy?.value === 'shutdownWhenFull' ? 'fail' : 'emit'
}

function timeLimit({ scope, place, fields }: SuppressStep): SuppressNode['until'] | undefined {
  if (fields.duration !== undefined) return { kind: 'time-limit', durationMs: fields.duration.value }
  scope.diagnostics.error('DEFINITION_INVALID', `"duration" is missing in ${place.label}`, place.span, {
    hint: 'Add "duration: 30s", or how long changes are held back.',
  })
  return undefined
}

function windowClose(
  { scope, place }: SuppressStep,
  { windows, key }: TableFlow,
): SuppressNode['until'] | undefined {
  // A step before is broken, which has been reported.
  if (key === unknownFormat) return undefined
  if (windows !== undefined) return { kind: 'window-close', graceMs: takesRecordsFor(windows) }
  scope.diagnostics.error('DEFINITION_INVALID', `${place.label} needs windowed keys`, place.span, {
    detail: 'Only windows close.',
    hint: 'Put "windowByTime" or "windowBySession" before the aggregate, or use "until: timeLimit".',
  })
  return undefined
}

/** How long after its end. */
function takesRecordsFor(windows: Windows): number {
  return windows.kind === 'session' ? windows.gapMs + windows.graceMs : windows.graceMs
}
