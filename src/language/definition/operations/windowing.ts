/** What divides groups by time: `windowByTime` and `windowBySession`. */
import { formatDuration } from '../../../base/duration.ts'
import type { SourceSpan } from '../../../base/errors.ts'
import type { CumulatingWindows, HoppingWindows, Windows } from '../../../topology/windows.ts'
import type { Located } from '../../query-definition.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import type { Flow, GroupedFlow } from '../flow.ts'
import { refuseFlow, refuseHere, type Step } from './step.ts'

export function applyWindowByTime(step: Step<FieldsOf<'windowByTime'>>): Flow | undefined {
  const flow = ungroupedByTime(step)
  const windows = timeWindows(step)
  if (flow === undefined || windows === undefined) return undefined
  return { ...flow, windowing: { windows, emit: emission(step.fields.emit) } }
}

export function applyWindowBySession(step: Step<FieldsOf<'windowBySession'>>): Flow | undefined {
  const flow = ungroupedByTime(step)
  if (flow === undefined) return undefined
  const { inactivityGap, grace, emit } = step.fields
  if (inactivityGap.value === 0) {
    const { diagnostics } = step.scope
    diagnostics.error(
      'DEFINITION_INVALID',
      '"inactivityGap" of sessions is zero',
      inactivityGap.span,
      atLeast,
    )
    return undefined
  }
  const windows = { kind: 'session', gapMs: inactivityGap.value, graceMs: grace.value } as const
  return { ...flow, windowing: { windows, emit: emission(emit) } }
}

/** A group that has no windows yet. */
function ungroupedByTime(step: Step<unknown>): GroupedFlow | undefined {
  const { flow } = step
  if (flow.kind === 'grouped' && flow.windowing === undefined) return flow
  if (flow.kind !== 'grouped' && flow.kind !== 'groupedTable') return refuseFlow(step)
  return refuseHere(
    step,
    flow.kind === 'groupedTable'
      ? 'Group the stream that the table is made of.'
      : 'Remove it: the group has windows already.',
  )
}

const atLeast = { hint: 'Give at least "1ms".' }

function emission(emit: Located<'onUpdate' | 'onWindowClose'>): 'update' | 'close' {
  return emit.value === 'onWindowClose' ? 'close' : 'update'
}

/** Each type's own lengths; others have no effect, as in KSML. */
const lengths = {
  tumbling: ['duration'],
  hopping: ['duration', 'advanceBy'],
  cumulating: ['duration', 'advanceBy'],
  sliding: ['timeDifference'],
} as const

type Length = (typeof lengths)[keyof typeof lengths][number]

function warnOfOthers({ scope, place, fields }: Step<FieldsOf<'windowByTime'>>): void {
  const type = fields.windowType.value
  const own: readonly Length[] = lengths[type]
  const others = (['duration', 'advanceBy', 'timeDifference'] as const).filter(
    (field) => !own.includes(field),
  )
  for (const field of others) {
    const given = fields[field]
    if (given === undefined) continue
    scope.diagnostics.warn('DEFINITION_INVALID', `"${field}" of ${place.label} has no effect`, given.span, {
      detail: `The length of ${type} windows is in ${own.map((one) => `"${one}"`).join(' and ')}.`,
      hint: 'Remove it, or choose another "windowType".',
    })
  }
}

function timeWindows(step: Step<FieldsOf<'windowByTime'>>): Windows | undefined {
  const { windowType, duration, advanceBy, timeDifference, grace } = step.fields
  warnOfOthers(step)
  const graceMs = grace.value
  if (windowType.value === 'sliding') {
    const differenceMs = need(step, timeDifference, 'timeDifference')
    return differenceMs === undefined ? undefined : { kind: 'sliding', differenceMs, graceMs }
  }
  const sizeMs = need(step, duration, 'duration')
  if (sizeMs === undefined) return undefined
  if (windowType.value === 'tumbling') return { kind: 'hopping', sizeMs, advanceMs: sizeMs, graceMs }
  const advanceMs = need(step, advanceBy, 'advanceBy')
  if (advanceMs === undefined) return undefined
  const span = advanceBy?.span ?? step.place.span
  return windowType.value === 'cumulating'
    ? cumulating(step, { sizeMs, stepMs: advanceMs, graceMs }, span)
    : hopping(step, { sizeMs, advanceMs, graceMs }, span)
}

function hopping(
  { scope }: Step<unknown>,
  windows: Omit<HoppingWindows, 'kind'>,
  span: SourceSpan,
): Windows | undefined {
  const { sizeMs, advanceMs } = windows
  if (advanceMs <= sizeMs) return { kind: 'hopping', ...windows }
  scope.diagnostics.error('DEFINITION_INVALID', 'the windows leave gaps between them', span, {
    detail: `Each is ${formatDuration(sizeMs)} long, and one begins every ${formatDuration(advanceMs)}.`,
    hint: 'Give an "advanceBy" of at most the "duration".',
  })
  return undefined
}

function cumulating(
  { scope }: Step<unknown>,
  windows: Omit<CumulatingWindows, 'kind'>,
  span: SourceSpan,
): Windows | undefined {
  const { sizeMs, stepMs } = windows
  if (sizeMs % stepMs === 0) return { kind: 'cumulating', ...windows }
  scope.diagnostics.error('DEFINITION_INVALID', 'the steps do not fill the windows', span, {
    detail: `They grow to ${formatDuration(sizeMs)}, by ${formatDuration(stepMs)} each time.`,
    hint: 'Give a "duration" that is a multiple of "advanceBy".',
  })
  return undefined
}

/** A length that this type of windows needs; at least a millisecond. */
function need(
  { scope, place, fields }: Step<FieldsOf<'windowByTime'>>,
  length: Located<number> | undefined,
  field: Length,
): number | undefined {
  if (length !== undefined && length.value > 0) return length.value
  const type = fields.windowType.value
  const [message, span, hint] =
    length === undefined
      ? [`${type} windows need "${field}"`, place.span, `Add "${field}: 1m", or how long you want it.`]
      : [`"${field}" of ${type} windows is zero`, length.span, atLeast.hint]
  scope.diagnostics.error('DEFINITION_INVALID', message, span, { hint })
  return undefined
}
