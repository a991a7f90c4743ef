import type { Format } from '../../../data/types.ts'
import type { StreamJoinNode } from '../../../topology/stream-join-nodes.ts'
import type { Flow, StreamFlow } from '../flow.ts'
import { addNode } from '../scope.ts'
import type { StoreReference } from '../store-registry.ts'
import { hasSameKey, useJoiner, type JoinStep } from './join-step.ts'
import { repartitionBy, resolveTarget, statefulName, warnUnused } from './step.ts'

const types = { join: 'inner', leftJoin: 'left', outerJoin: 'outer' } as const
/** Kafka Streams counts two windowed streams, two sides and the result. */
const processors = 5

/** Joins of two streams whose records are near in time. */
export function joinStreams(step: JoinStep, flow: StreamFlow): Flow | undefined {
  const { scope, fields } = step
  const target = fields.stream
  if (target === undefined) return undefined
  warnUnused(step, 'store', fields.store, 'Streams are kept in "thisStore" and "otherStore".')
  const other = resolveTarget(step, target, 'stream')
  const id = statefulName(step)
  const times = timesOf(step)
  if (other?.kind !== 'stream' || times === undefined) return undefined
  warnUnused(
    step,
    'mapper',
    fields.mapper,
    'Streams are joined on equal keys; "mapper" is for global tables.',
  )
  const joiner = useJoiner(step, [flow.key.type, flow.value.type, other.value.type])
  if (!hasSameKey(step, flow, other) || joiner === undefined) return undefined
  const left = flow.rekeyed ? repartitionBy(scope, flow, `${id}-left`) : flow.node
  const right = other.rekeyed ? repartitionBy(scope, other, `${id}-right`) : other.node
  const stores = storesOf(step, { flow, other, times, id })
  scope.names.skip(processors)
  if (stores === undefined) return undefined
  const formats = { key: flow.key, leftValue: flow.value, rightValue: other.value }
  const type = types[step.type as keyof typeof types]
  addNode(scope, {
    kind: 'stream-join',
    id,
    left,
    right,
    type,
    joiner: joiner.ref,
    ...times,
    ...formats,
    ...stores,
  })
  return { ...flow, node: id, value: joiner.result.format, rekeyed: false }
}

type Times = Pick<StreamJoinNode, 'beforeMs' | 'afterMs' | 'graceMs'>

function timesOf({ scope, place, fields }: JoinStep): Times | undefined {
  const { timeDifference, before, after, grace } = fields
  const beforeMs = (before ?? timeDifference)?.value
  const afterMs = (after ?? timeDifference)?.value
  if (beforeMs !== undefined && afterMs !== undefined)
    return { beforeMs, afterMs, graceMs: grace?.value ?? 0 }
  scope.diagnostics.error('DEFINITION_INVALID', `"timeDifference" is missing in ${place.label}`, place.span, {
    detail: 'It says how far apart in time two records may be that are joined.',
    hint: 'Add, for example, "timeDifference: 10s", or both "before" and "after".',
  })
  return undefined
}

interface JoinedStores {
  readonly flow: StreamFlow
  readonly other: StreamFlow
  readonly times: Times
  readonly id: string
}

type StoreNames = Pick<StreamJoinNode, 'leftStore' | 'rightStore' | 'unmatchedStore'>

/** One for each side; where records may go out alone, one for those that wait. */
function storesOf(step: JoinStep, { flow, other, times, id }: JoinedStores): StoreNames | undefined {
  const { scope, fields, place } = step
  const windowSizeMs = times.beforeMs + times.afterMs
  const retentionMs = windowSizeMs + times.graceMs
  const keep = (reference: StoreReference | undefined, side: string, value: Format): string | undefined =>
    scope.stores.materialise({
      reference,
      ownName: `${place.path.short}_${side}`,
      countedPrefix: `KSTREAM-JOIN${side.toUpperCase()}`,
      unnamed: `${id}-${side}-join-store`,
      key: flow.key,
      value,
      label: place.label,
      shape: { kind: 'window', windowSizeMs, retentionMs, retainDuplicates: true },
      // As in Kafka Streams, both are logged and neither caches, whatever is said of them.
      traits: { caching: false, logging: 'own' },
    })
  const leftStore = keep(fields.thisStore, 'this', flow.value)
  const rightStore = keep(fields.otherStore, 'other', other.value)
  if (leftStore === undefined || rightStore === undefined) return undefined
  if (step.type === 'join') return { leftStore, rightStore }
  const kind = step.type === 'leftJoin' ? 'left' : 'outer'
  const unmatchedStore = scope.stores.addList(`${leftStore}-${kind}-shared-join-store`)
  return { leftStore, rightStore, unmatchedStore }
}
