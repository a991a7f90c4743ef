/**
 * Avro schemas as text, in the form that Java's `Schema.toString` gives them and Confluent's registry keeps: no blanks, attributes in a
 * fixed order, a named type in full once and by name after that.
 */
import {
  fullName,
  isNamed,
  type AvroField,
  type AvroNamed,
  type AvroProperties,
  type AvroType,
} from './avro-type.ts'

interface Printing {
  /** Types that stand by name: those of references, and those printed before. */
  readonly printed: Set<string>
  readonly namespace: string
  readonly sorted: boolean
}

export interface AvroPrintOptions {
  /** Full names of the types that references bring: they are printed as names. */
  readonly known?: Iterable<string>
  /** Prints attributes beyond the specified ones by name, so that their order makes no difference. */
  readonly sorted?: boolean
}

export function printAvro(type: AvroType, { known = [], sorted = false }: AvroPrintOptions = {}): string {
  return JSON.stringify(toJson(type, { printed: new Set(known), namespace: '', sorted }))
}

function toJson(type: AvroType, printing: Printing): unknown {
  if (isNamed(type)) return namedJson(type, printing)
  if (type.kind === 'union') return type.branches.map((branch) => toJson(branch, printing))
  const properties = propertiesJson(type.properties, printing)
  if (type.kind === 'array') return { type: 'array', items: toJson(type.items, printing), ...properties }
  if (type.kind === 'map') return { type: 'map', values: toJson(type.values, printing), ...properties }
  return Object.keys(properties).length === 0 ? type.kind : { type: type.kind, ...properties }
}

function namedJson(type: AvroNamed, printing: Printing): unknown {
  const name = fullName(type)
  if (printing.printed.has(name)) return type.namespace === printing.namespace ? type.name : name
  printing.printed.add(name)
  const inner = { ...printing, namespace: type.namespace }
  return {
    type: type.kind === 'record' && type.isError ? 'error' : type.kind,
    name: type.name,
    ...(type.namespace === printing.namespace ? {} : { namespace: type.namespace }),
    ...(type.doc === undefined ? {} : { doc: type.doc }),
    ...contentJson(type, inner),
    ...propertiesJson(type.properties, printing),
    ...aliasesJson(type.aliases, type.namespace),
  }
}

function contentJson(type: AvroNamed, printing: Printing): object {
  if (type.kind === 'record') return { fields: type.fields.map((field) => fieldJson(field, printing)) }
  if (type.kind === 'fixed') return { size: type.size }
  return { symbols: type.symbols, ...(type.default === undefined ? {} : { default: type.default }) }
}

function fieldJson(field: AvroField, printing: Printing): object {
  return {
    name: field.name,
    type: toJson(field.type, printing),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.order === undefined || field.order === 'ascending' ? {} : { order: field.order }),
    ...aliasesJson(field.aliases, ''),
    ...propertiesJson(field.properties, printing),
  }
}

function aliasesJson(aliases: readonly string[], namespace: string): object {
  if (aliases.length === 0) return {}
  const prefix = `${namespace}.`
  return {
    aliases: aliases.map((alias) => (alias.startsWith(prefix) ? alias.slice(prefix.length) : alias)),
  }
}

function propertiesJson(properties: AvroProperties, { sorted }: Printing): AvroProperties {
  if (!sorted) return properties
  return Object.fromEntries(Object.entries(properties).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
