import { isSameType } from '../../../data/assignable.ts'
import type { DataType } from '../../../data/types.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import type { Flow } from '../flow.ts'
import type { Callee } from '../function-registry.ts'
import { useFunction } from '../scope.ts'
import { describeSides, type Step } from './step.ts'

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
