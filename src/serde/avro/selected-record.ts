/** A query's result row as the record of a schema: cells in the schema's units, by the names of the columns. */
import { StreamError } from '../../base/errors.ts'
import type { SelectedColumn, SelectedLayout, SelectedRow } from '../../data/selected-row.ts'
import type { AvroType } from './avro-type.ts'
import { cellToAvro } from './cells.ts'

interface Part {
  readonly name: string
  readonly column: SelectedColumn
  readonly convert: (cell: unknown) => unknown
}

/** The function throws StreamError `VALUE_TYPE_MISMATCH` where the schema is no record, or a column has no field. */
export function selectedRecord(type: AvroType): (row: SelectedRow) => unknown {
  let layout: SelectedLayout | undefined
  let parts: readonly Part[] = []
  return (row) => {
    if (row.layout !== layout) {
      parts = partsOf(type, row.layout)
      layout = row.layout
    }
    const record: Record<string, unknown> = {}
    for (const { name, column, convert } of parts) {
      const cell = row.value(column)
      record[name] = cell === null ? null : convert(cell)
    }
    return record
  }
}

function partsOf(type: AvroType, { columns }: SelectedLayout): readonly Part[] {
  if (type.kind !== 'record') throw unfit('the schema of the output is no record')
  const fields = new Map(type.fields.map((field) => [field.name, field]))
  return columns.map((column) => {
    const field = fields.get(column.name)
    if (field === undefined) throw unfit(`the schema of the output has no field for column "${column.name}"`)
    return { name: column.name, column, convert: cellToAvro(field.type) }
  })
}

function unfit(message: string): StreamError {
  return new StreamError('VALUE_TYPE_MISMATCH', message, {
    hint: 'Name the fields of the schema as the columns of the query.',
  })
}
