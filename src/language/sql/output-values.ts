import type { SourceSpan } from '../../base/errors.ts'
import { isAssignable } from '../../data/assignable.ts'
import type { RowFormat } from '../../data/row-format.ts'
import type { Column, DataType } from '../../data/types.ts'
import { typeName } from '../../expr/type-name.ts'
import { jsonRows, type TopicValues } from '../catalog.ts'
import { suggest, type Diagnostics } from '../diagnostic.ts'
import type { DeclaredSchema, QueryDefinition, QueryOutput } from '../query-definition.ts'
import type { SchemaBook } from '../schema-book.ts'
import type { BoundOutput, BoundQuery } from './bound-query.ts'

/**
 * What the output topic of a query holds: its columns, written as the definition says, with the schema that it declares or else one made
 * of the columns.
 *
 * @returns undefined where something was reported
 */
export function outputValues(
  { output }: QueryDefinition,
  { outputs }: BoundQuery,
  diagnostics: Diagnostics,
): TopicValues | undefined {
  const columns = outputs.map(({ name, expr }) => ({ name, type: expr.type }))
  const json = output.format.value === 'json'
  if (!json) warnWithoutRegistry(output.format.span, diagnostics)
  const rows = json && output.schema === undefined ? undefined : avroRows(output, outputs, diagnostics)
  if (diagnostics.failed) return undefined
  return json || rows === undefined ? { columns: columns.map(asJson), format: jsonRows } : rows
}

const avro = 'avro'

function warnWithoutRegistry(span: SourceSpan, diagnostics: Diagnostics): void {
  if (diagnostics.schemas.names.has(avro)) return
  diagnostics.warn('CONFIG_INVALID', 'rows are written without the id of their schema', span, {
    detail: `No registry is configured for "${avro}".`,
    hint: 'Name it in the configuration: "schemaRegistry" of the Kafka section.',
  })
}

/** The schema of the rows, checked against the columns where it is declared. */
function avroRows(
  { format, schema }: QueryOutput,
  outputs: readonly BoundOutput[],
  diagnostics: Diagnostics,
): RowFormat | undefined {
  if (schema?.value.kind !== 'avro' && !namesFit(outputs, diagnostics)) return undefined
  const columns = outputs.map(({ name, expr }) => ({ name, type: expr.type }))
  try {
    const rows = rowsOf(columns, schema?.value, diagnostics.schemas)
    if (schema !== undefined) checkColumns(outputs, rows, schema.span, diagnostics)
    return rows
  } catch (error) {
    diagnostics.addThrown(error, schema?.span ?? format.span)
    return undefined
  }
}

/** A column as a reader of JSON rows gets it: a span of time is text there. */
function asJson({ name, type }: Column): Column {
  return { name, type: type.kind === 'interval' ? { kind: 'string' } : type }
}

function rowsOf(
  columns: readonly Column[],
  declared: DeclaredSchema | undefined,
  schemas: SchemaBook,
): RowFormat {
  if (declared?.kind === 'avro') return schemas.rows(avro, columns, { text: declared.text })
  return schemas.rows(avro, declared?.columns ?? columns)
}

/** Fields of Avro have plain names. */
function namesFit(outputs: readonly BoundOutput[], diagnostics: Diagnostics): boolean {
  const odd = outputs.filter(({ name }) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  for (const { name, span } of odd)
    diagnostics.error('SQL_INVALID', `output column "${name}" cannot be the name of an Avro field`, span, {
      hint: 'Give it one of letters, digits and "_": AS total.',
    })
  return odd.length === 0
}

/** Every column has a field that takes it, every field a column or a default. */
function checkColumns(
  outputs: readonly BoundOutput[],
  { columns, required }: RowFormat,
  schemaSpan: SourceSpan,
  diagnostics: Diagnostics,
): void {
  for (const { name, expr, span } of outputs) {
    const field = columns.find((candidate) => candidate.name === name)
    if (field === undefined)
      diagnostics.error('NAME_NOT_FOUND', `the schema of the output has no field "${name}"`, span, {
        hint: suggest(
          name,
          columns.map((column) => column.name),
          'fields',
        ),
      })
    else if (!takes(field.type, expr.type))
      diagnostics.error(
        'TYPE_INVALID',
        `column "${name}" is ${typeName(expr.type)}, and its field of the output's schema ${typeName(field.type)}`,
        span,
        { hint: `Write CAST(… AS ${typeName(field.type)}), or change the schema.` },
      )
  }
  for (const name of required)
    if (!outputs.some((output) => output.name === name))
      diagnostics.error('NAME_NOT_FOUND', `the query has no column for field "${name}"`, schemaSpan, {
        hint: `Select it, or give the field a default.`,
      })
}

const numbers: readonly DataType['kind'][] = ['byte', 'short', 'int', 'long', 'decimal', 'float', 'double']

/** Whether a field takes the values of a column: the same type, a wider number, or text of what is written as text. */
function takes(field: DataType, column: DataType): boolean {
  const [to, from] = [numbers.indexOf(field.kind), numbers.indexOf(column.kind)]
  if (to >= 0 && from >= 0) return from <= to
  if (field.kind === 'string' && ['uuid', 'enum', 'struct', 'list', 'map', 'union'].includes(column.kind))
    return true
  if (field.kind === 'uuid' && column.kind === 'string') return true
  return isAssignable(field, column)
}
