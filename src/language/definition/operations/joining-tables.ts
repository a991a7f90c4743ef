import type { Flow, TableFlow } from '../flow.ts'
import { addNode } from '../scope.ts'
import { hasSameKey, useJoiner, warnForeignKey, type JoinStep } from './join-step.ts'
import { joinForeignKey } from './joining-foreign-keys.ts'
import { resolveTarget, statefulName, warnUnused } from './step.ts'

const types = { join: 'inner', leftJoin: 'left', outerJoin: 'outer' } as const
/** Kafka Streams counts one for each side and one for the result. */
const processors = 3

/** Joins of two tables, on equal keys or on a foreign one. */
export function joinTables(step: JoinStep, flow: TableFlow): Flow | undefined {
  const { scope, place, fields } = step
  const target = fields.table
  if (target === undefined) {
    scope.diagnostics.error(
      'DEFINITION_INVALID',
      `${place.label} joins a table with something else than a table`,
      place.span,
      {
        hint: 'Join it with "table", or put "type: toStream" before the join.',
      },
    )
    return undefined
  }
  warnUnused(step, 'mapper', fields.mapper, 'Tables are joined on their keys; "mapper" is for global tables.')
  const other = resolveTarget(step, target, 'table')
  const id = statefulName(step)
  if (other?.kind !== 'table') return undefined
  if (fields.foreignKeyExtractor !== undefined)
    return joinForeignKey(step, { left: flow, right: other, id, extractor: fields.foreignKeyExtractor })
  warnForeignKey(step)
  const joiner = useJoiner(step, [flow.key.type, flow.value.type, other.value.type])
  if (!hasSameKey(step, flow, other) || joiner === undefined) return undefined
  const value = joiner.result.format
  const store =
    fields.store === undefined
      ? undefined
      : scope.stores.materialise({
          reference: fields.store,
          ownName: place.path.short,
          countedPrefix: 'KTABLE-MERGE',
          key: flow.key,
          value,
          label: place.label,
        })
  scope.names.skip(processors)
  addNode(scope, {
    kind: 'table-join',
    id,
    left: flow.node,
    right: other.node,
    type: types[step.type as keyof typeof types],
    joiner: joiner.ref,
    ...(store === undefined ? {} : { store }),
  })
  return { kind: 'table', node: id, key: flow.key, value }
}
