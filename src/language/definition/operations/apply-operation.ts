import type { Operation } from '../fields/operation-fields.ts'
import { flowAfterFailure, type Flow } from '../flow.ts'
import { applyToStream, applyToTable } from './changing-kind.ts'
import { applyConvert } from './converting.ts'
import { applyDeduplicate } from './deduplicating.ts'
import { applyAggregate, applyCount, applyReduce, applyTop } from './folding.ts'
import { applyGroupBy, applyGroupByKey } from './grouping.ts'
import { applyJoin } from './joining.ts'
import { applySuppress } from './suppressing.ts'
import { applyCogroup } from './cogrouping.ts'
import { applyWindowBySession, applyWindowByTime } from './windowing.ts'
import {
  applyFilter,
  applyMapping,
  applyMerge,
  applyPeek,
  applyPunctuate,
  applyRepartition,
  applyTransformValue,
} from './stateless.ts'
import type { Step } from './step.ts'

/** Everything about a step but its operation. */
export type StepContext = Omit<Step<unknown>, 'fields' | 'type'>

/**
 * Applies one operation of a pipeline: checks it against what comes in and appends its nodes.
 *
 * @returns what goes out; where it cannot be applied, which has been reported, what would have gone out
 */
export function applyOperation(operation: Operation, context: StepContext): Flow {
  return applyByType(operation, context) ?? flowAfterFailure(resultKind(operation.type, context.flow))
}

function resultKind(type: Operation['type'], flow: Flow): Flow['kind'] {
  switch (type) {
    case 'groupBy':
    case 'groupByKey':
      return flow.kind === 'table' ? 'groupedTable' : 'grouped'
    case 'windowByTime':
    case 'windowBySession':
    case 'cogroup':
      return 'grouped'
    case 'count':
    case 'reduce':
    case 'aggregate':
    case 'top':
    case 'toTable':
    case 'suppress':
      return 'table'
    case 'filter':
    case 'filterNot':
    case 'transformValue':
    case 'join':
    case 'leftJoin':
    case 'outerJoin':
      return flow.kind === 'table' ? 'table' : 'stream'
    default:
      return 'stream'
  }
}

function applyByType(operation: Operation, context: StepContext): Flow | undefined {
  switch (operation.type) {
    case 'filter':
    case 'filterNot':
      return applyFilter(stepOf(operation, context))
    case 'transformValue':
      return applyTransformValue(stepOf(operation, context))
    case 'transformKey':
    case 'transformKeyValue':
    case 'transformKeyValueToKeyValueList':
    case 'transformKeyValueToValueList':
    case 'transformMetadata':
      return applyMapping(stepOf(operation, context), operation.type)
    case 'convertKey':
    case 'convertValue':
    case 'convertKeyValue':
      return applyConvert(stepOf(operation, context))
    case 'peek':
      return applyPeek(stepOf(operation, context))
    case 'deduplicate':
      return applyDeduplicate(stepOf(operation, context))
    case 'punctuate':
      return applyPunctuate(stepOf(operation, context))
    case 'merge':
      return applyMerge(stepOf(operation, context))
    case 'repartition':
      return applyRepartition(stepOf(operation, context))
    case 'toStream':
      return applyToStream(stepOf(operation, context))
    case 'suppress':
      return applySuppress(stepOf(operation, context))
    case 'toTable':
      return applyToTable(stepOf(operation, context))
    case 'join':
    case 'leftJoin':
    case 'outerJoin':
      return applyJoin(stepOf(operation, context))
    default:
      return applyGrouping(operation, context)
  }
}

type Grouping = Extract<
  Operation,
  {
    readonly type:
      | 'groupByKey'
      | 'groupBy'
      | 'count'
      | 'reduce'
      | 'aggregate'
      | 'top'
      | 'windowByTime'
      | 'windowBySession'
      | 'cogroup'
  }
>

function applyGrouping(operation: Grouping, context: StepContext): Flow | undefined {
  switch (operation.type) {
    case 'windowByTime':
      return applyWindowByTime(stepOf(operation, context))
    case 'windowBySession':
      return applyWindowBySession(stepOf(operation, context))
    case 'cogroup':
      return applyCogroup(stepOf(operation, context))
    case 'groupByKey':
      return applyGroupByKey(stepOf(operation, context))
    case 'groupBy':
      return applyGroupBy(stepOf(operation, context))
    case 'count':
      return applyCount(stepOf(operation, context))
    case 'reduce':
      return applyReduce(stepOf(operation, context))
    case 'top':
      return applyTop(stepOf(operation, context))
    case 'aggregate':
      return applyAggregate(stepOf(operation, context))
  }
}

function stepOf<O extends Operation>({ type, fields }: O, context: StepContext): Step<O['fields']> {
  return { ...context, type, fields }
}
