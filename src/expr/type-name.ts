import type { DataType } from '../data/types.ts'

const names: Readonly<Record<string, string>> = {
  any: 'JSON',
  null: 'NULL',
  boolean: 'BOOLEAN',
  byte: 'TINYINT',
  short: 'SMALLINT',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  bytes: 'BLOB',
  string: 'VARCHAR',
  enum: 'VARCHAR',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
  time: 'TIME',
  interval: 'INTERVAL',
  uuid: 'UUID',
}

/** A type as SQL writes it; a struct or list of unknown content is JSON. */
export function typeName(type: DataType): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'list':
      return `${typeName(type.of)}[]`
    case 'map':
      return `MAP(VARCHAR, ${typeName(type.of)})`
    case 'struct': {
      if (type.fields === undefined || type.fields.length === 0) return 'JSON'
      const fields = type.fields.map(
        (field) => `"${field.name.replaceAll('"', '""')}" ${typeName(field.type)}`,
      )
      return `STRUCT(${fields.join(', ')})`
    }
    default:
      return names[type.kind] ?? 'JSON'
  }
}
