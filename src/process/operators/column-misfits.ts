/**
 * What becomes of a field that is not of its column's type. Where the type was declared, it reads as NULL, counted, with one warning; where
 * it was guessed, the guess may be what is wrong, and the record fails.
 */
import { leftOutHint } from '../../base/left-out-hint.ts'
import { StreamError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import { isFirstUse, type Metrics } from '../../base/metrics.ts'
import { cellKind } from '../../data/row.ts'
import type { Column } from '../../data/types.ts'
import { typeName } from '../../expr/type-name.ts'
import type { OnMisfit } from '../../serde/serde.ts'
import type { NodeId } from '../../topology/topology.ts'

interface MisfitSurroundings {
  readonly metrics: Metrics
  readonly logger: Logger
}

export function columnMisfits(
  { id: node, columns }: { readonly id: NodeId; readonly columns?: readonly Column[] },
  { metrics, logger }: MisfitSurroundings,
): OnMisfit | undefined {
  if (columns === undefined) return undefined
  const counters = columns.map(({ name, guessed }) =>
    guessed === true
      ? undefined
      : metrics.counter(
          'weft_fields_misfit_total',
          'Fields that are not of the type declared for their column, and read as NULL',
          { node, column: name },
        ),
  )
  return (index, kind) => {
    const column = columns[index] as Column
    const counter = counters[index]
    if (counter === undefined) throw guessedWrong(column, kind)
    counter.value++
    if (!isFirstUse(counter)) return
    logger.warn(
      'a field is not of the type declared for its column and reads as NULL, this one and others like it',
      {
        node,
        column: column.name,
        declared: typeName(column.type),
        holds: kindNames[kind],
      },
    )
  }
}

const kindNames: Readonly<Record<number, string>> = {
  [cellKind.false]: 'a truth value',
  [cellKind.true]: 'a truth value',
  [cellKind.number]: 'a number',
  [cellKind.fraction]: 'a number with decimals',
  [cellKind.text]: 'text',
  [cellKind.escapedText]: 'text',
  [cellKind.unicodeText]: 'text',
  [cellKind.object]: 'an object',
  [cellKind.array]: 'a list',
}

function guessedWrong({ name, type }: Column, kind: number): StreamError {
  const wider = kind === cellKind.fraction && type.kind === 'long' ? 'double' : 'json'
  return new StreamError('VALUE_MALFORMED', `field "${name}" does not fit its column`, {
    detail: `It holds ${kindNames[kind]}, and in the records that were looked at the column was ${typeName(type)}.`,
    hint: `Declare the topic's columns under "topics", this one as ${wider}; or ${leftOutHint}`,
  })
}
