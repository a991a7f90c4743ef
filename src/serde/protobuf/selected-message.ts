/** A query's result row as a message: cells by the names of the columns. */
import type { DescMessage } from '@bufbuild/protobuf'
import { StreamError } from '../../base/errors.ts'
import type { SelectedLayout, SelectedRow } from '../../data/selected-row.ts'
import { cellOf } from './data-types.ts'
import { fieldsOf } from './fields.ts'

type Fill = (row: SelectedRow) => unknown

/** The function throws StreamError `VALUE_TYPE_MISMATCH` where a column has no field. */
export function selectedMessage(message: DescMessage): Fill {
  let layout: SelectedLayout | undefined
  let fill: Fill = () => ({})
  return (row) => {
    if (row.layout !== layout) {
      fill = fillOf(message, row.layout)
      layout = row.layout
    }
    return fill(row)
  }
}

function fillOf(message: DescMessage, { columns }: SelectedLayout): Fill {
  const fields = new Map(fieldsOf(message).map((field) => [field.name, field]))
  const parts = columns.map((column) => {
    const field = fields.get(column.name)
    if (field === undefined)
      throw new StreamError(
        'VALUE_TYPE_MISMATCH',
        `message "${message.typeName}" has no field for column "${column.name}"`,
        {
          hint: 'Name the fields of the message as the columns of the query.',
        },
      )
    const cell = field.shape === 'single' ? cellOf(field.element) : undefined
    return { column, convert: cell?.fromCell }
  })
  return (row) => {
    const value: Record<string, unknown> = {}
    for (const { column, convert } of parts) {
      const cell = row.value(column)
      value[column.name] = cell === null || convert === undefined ? cell : convert(cell)
    }
    return value
  }
}
