import type { DeclaredSchema, Located } from '../../query-definition.ts'
import { mapOf } from '../../schema/collections.ts'
import type { Kind } from '../../schema/field.ts'
import { plainOf } from '../../yaml/plain.ts'
import { columnType } from './column-type.ts'

const columns = mapOf(columnType, 'column')

/** `{ name: Order, fields: […] }` as Avro has it, or a mapping of columns to their types. */
export const declaredSchema: Kind<Located<DeclaredSchema>> = {
  what: 'an Avro schema, or columns with their types',
  read: (node, diagnostics, place) => {
    const avro = node.kind === 'map' && node.entries.some((entry) => isFields(entry))
    if (avro) {
      const text = JSON.stringify({ type: 'record', ...(plainOf(node) as object) })
      return { value: { kind: 'avro', text }, span: place.span }
    }
    const read = columns.read(node, diagnostics, place)
    return (
      read && {
        value: {
          kind: 'columns',
          columns: read.flatMap(({ name, value }) =>
            value === undefined ? [] : [{ name, type: value.value }],
          ),
        },
        span: place.span,
      }
    )
  },
  json: (definitions) => ({
    anyOf: [{ type: 'object', required: ['name', 'fields'] }, columns.json(definitions)],
  }),
}

/** A column may be called "fields", but its type is no list of mappings. */
function isFields({
  key,
  value,
}: {
  key: string
  value: { kind: string; items?: readonly { kind: string }[] }
}): boolean {
  return (
    key === 'fields' && value.kind === 'list' && value.items?.every(({ kind }) => kind === 'map') === true
  )
}
