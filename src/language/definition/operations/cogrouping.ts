/** `cogroup`: how the records of a group are folded, and of which other groups with it. */
import { isSameType } from '../../../data/assignable.ts'
import { describeFormat } from '../../../data/type-strings.ts'
import type { Located } from '../../query-definition.ts'
import type { FieldsOf } from '../fields/operation-fields.ts'
import { flowNames, type Cogroup, type Flow, type GroupedFlow } from '../flow.ts'
import { useFunction } from '../scope.ts'
import { refuseHere, type Step } from './step.ts'

export function applyCogroup(step: Step<FieldsOf<'cogroup'>>): Flow | undefined {
  const { flow, fields } = step
  if (flow.kind !== 'grouped' || flow.windowing !== undefined)
    return refuseHere(step, 'Put "groupByKey" or "groupBy" right before it.')
  const { cogroup } = flow
  if (fields.group !== undefined)
    return cogroup === undefined
      ? refuseHere(step, 'Say first how the own group is folded: put a "cogroup" without "group" before it.')
      : withGroup(step, { ...flow, cogroup }, fields.group)
  if (cogroup !== undefined)
    return refuseHere(step, 'The own group is cogrouped already; name another one: "group: NAME".')
  const own = useAggregator(step, flow)
  return own && { ...flow, cogroup: own }
}

function useAggregator({ scope, place, fields }: Step<FieldsOf<'cogroup'>>, group: GroupedFlow) {
  const aggregator = useFunction(scope, fields.aggregator, place, {
    kind: 'aggregator',
    field: 'aggregator',
    arguments: [group.key.type, group.value.type],
  })
  return aggregator && { aggregator: aggregator.ref, value: aggregator.result.format, span: aggregator.span }
}

function withGroup(
  step: Step<FieldsOf<'cogroup'>>,
  flow: GroupedFlow & { readonly cogroup: Cogroup },
  name: Located<string>,
): Flow | undefined {
  const { others = [] } = flow.cogroup
  const group = step.topics.resolve(name)
  if (group === undefined) return undefined
  const problem = problemOf(flow, group)
  if (problem !== undefined || group.kind !== 'grouped') return refuseGroup(step, name, problem)
  if (others.some((other) => other.name === name.value))
    return refuseGroup(step, name, { detail: 'It is there already.', hint: 'Remove one of the two.' })
  const folded = useAggregator(step, group)
  const further = folded && { name: name.value, group, ...folded }
  return further && { ...flow, cogroup: { ...flow.cogroup, others: [...others, further] } }
}

interface Problem {
  readonly detail: string
  readonly hint: string
}

function problemOf(flow: GroupedFlow, group: Flow): Problem | undefined {
  const detail = `It is ${flowNames[group.kind]}.`
  if (group.kind !== 'grouped')
    return { detail, hint: 'Name a pipeline that ends with "groupByKey" or "groupBy" and "as".' }
  if (group.windowing !== undefined || group.cogroup !== undefined)
    return { detail: 'It has windows or a "cogroup" of its own.', hint: 'Name the group before those.' }
  if (isSameType(flow.key.type, group.key.type)) return undefined
  return {
    detail: `Its keys are ${describeFormat(group.key)}; here they are ${describeFormat(flow.key)}.`,
    hint: 'Group both by keys of one type.',
  }
}

function refuseGroup(
  { scope }: Step<unknown>,
  { value, span }: Located<string>,
  problem: Problem | undefined,
): undefined {
  scope.diagnostics.error('DEFINITION_INVALID', `"${value}" cannot be cogrouped here`, span, problem)
}
