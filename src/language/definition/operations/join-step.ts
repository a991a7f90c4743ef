import { isSameType } from '../../../data/assignable.ts'
import type { DataType } from '../../../data/types.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import type { Flow } from '../flow.ts'
import type { Callee } from '../function-registry.ts'
import { useFunction } from '../scope.ts'
import { describeSides, warnUnused, type Step } from './step.ts'

export type JoinStep = Step<FieldsOf<'join' | 'leftJoin' | 'outerJoin'>>

/** Whether the keys of both sides are of one type; else a complaint. */
export function hasSameKey({ scope, place }: JoinStep, left: Flow, right: Flow): boolean {
  if (isSameType(left.key.type, right.key.type)) return true
  scope.diagnostics.error('JOIN_NOT_COPARTITIONED', 'could not join on keys of different types', place.span, {
    detail: `The keys of the two sides are ${describeSides(left.key, right.key)}.`,
    hint: 'Give one side the key of the other before, with "transformKey" or "groupBy".',
  })
  return false
}

/** Says that what belongs to foreign-key joins of tables changes nothing here. */
export function warnForeignKey(step: JoinStep): void {
  const { foreignKeyExtractor, partitioner, otherPartitioner } = step.fields
  const why = 'Only tables are joined on a foreign key.'
  warnUnused(step, 'foreignKeyExtractor', foreignKeyExtractor, why)
  warnUnused(step, 'partitioner', partitioner, 'It belongs to joins on a foreign key.')
  warnUnused(step, 'otherPartitioner', otherPartitioner, 'It belongs to joins on a foreign key.')
}

export function useJoiner(
  { scope, place, fields }: JoinStep,
  types: readonly DataType[],
): Callee | undefined {
  return useFunction(scope, fields.valueJoiner, place, {
    kind: 'valueJoiner',
    field: 'valueJoiner',
    arguments: types,
  })
}
