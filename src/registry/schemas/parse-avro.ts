/** Reads Avro schemas. Source: the Avro specification 1.12, and what Java's parser does where that leaves room. */
import { named } from '../../base/named.ts'
import { checkAvroDefault } from './avro-default.ts'
import {
  fullName,
  isNamed,
  type AvroField,
  type AvroNamed,
  type AvroPrimitiveName,
  type AvroRecord,
  type AvroType,
} from './avro-type.ts'
import { isJsonObject, numberOf, parseExactJson, schemaInvalid, type JsonObject } from './exact-text.ts'

/** Schemas nested deeper than this are refused. */
const depthMax = 128
const namePattern = /^[A-Za-z_]\w*$/
const noProperties = {}

const primitives: ReadonlySet<string> = new Set([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
])

interface Reading {
  readonly names: Map<string, AvroNamed>
  readonly depth: number
  readonly namespace: string
}

export interface ReadAvro {
  readonly type: AvroType
  /** Full names of the types that the references declare. */
  readonly referred: ReadonlySet<string>
}

/**
 * @param references - schemas that this one uses by name, those without uses first
 * @throws StreamError `SCHEMA_INVALID`
 */
export function parseAvro(text: string, references: readonly string[] = []): ReadAvro {
  const names = new Map<string, AvroNamed>()
  for (const reference of references) readType(parseAvroJson(reference), { names, depth: 0, namespace: '' })
  const referred = new Set(names.keys())
  return { type: readType(parseAvroJson(text), { names, depth: 0, namespace: '' }), referred }
}

/** A primitive may stand without quotes, as Java's parser has it. */
function parseAvroJson(text: string): unknown {
  return primitives.has(text.trim()) ? text.trim() : parseExactJson(text, 'AVRO')
}

function readType(json: unknown, reading: Reading): AvroType {
  if (reading.depth > depthMax) throw invalid(`It is nested deeper than ${depthMax}.`)
  if (typeof json === 'string') return typeByName(json, reading)
  if (Array.isArray(json)) return readUnion(json, reading)
  if (!isJsonObject(json)) throw invalid('A type is a name, an object or an array.')
  const { type } = json
  const inner = { ...reading, depth: reading.depth + 1 }
  if (typeof type !== 'string') return readType(type, inner)
  const read = named(readers, type)
  if (read !== undefined) return read(json, inner)
  if (!primitives.has(type)) return typeByName(type, reading)
  const properties = propertiesOf(json, ['type'])
  return { kind: type as AvroPrimitiveName, properties }
}

function typeByName(name: string, { names, namespace }: Reading): AvroType {
  if (primitives.has(name)) return { kind: name as AvroPrimitiveName, properties: noProperties }
  const near = name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
  const found = names.get(near) ?? names.get(name)
  if (found === undefined) throw invalid(`There is no type "${name}".`)
  return found
}

function readUnion(json: readonly unknown[], reading: Reading): AvroType {
  const branches = json.map((branch) => readType(branch, { ...reading, depth: reading.depth + 1 }))
  const seen = new Set<string>()
  for (const branch of branches) {
    if (branch.kind === 'union') throw invalid('A union stands directly in a union.')
    const name = isNamed(branch) ? fullName(branch) : branch.kind
    if (seen.has(name)) throw invalid(`A union has "${name}" twice.`)
    seen.add(name)
  }
  return { kind: 'union', branches }
}

const readers: Readonly<Record<string, (json: JsonObject, reading: Reading) => AvroType>> = {
  record: readRecord,
  error: readRecord,
  enum: (json, reading) => {
    const symbols = json['symbols']
    if (!Array.isArray(symbols)) throw invalid('An enum has no list of symbols.')
    const texts = symbols.map((symbol) => validName(symbol))
    if (new Set(texts).size < texts.length) throw invalid('An enum has a symbol twice.')
    const fallback = optionalText(json, 'default')
    if (json['default'] !== undefined && !texts.includes(fallback ?? ''))
      throw invalid('The default of an enum is none of its symbols.')
    const properties = propertiesOf(json, ['symbols', 'default', ...namedAttributes])
    return declare(reading, {
      kind: 'enum',
      ...namesOf(json, reading),
      symbols: texts,
      default: fallback,
      properties,
    })
  },
  fixed: (json, reading) => {
    const size = numberOf(json['size'])
    if (size === undefined || !Number.isSafeInteger(size) || size < 0)
      throw invalid('The size of a fixed type is no whole number.')
    const properties = propertiesOf(json, ['size', ...namedAttributes])
    return declare(reading, { kind: 'fixed', ...namesOf(json, reading), size, properties })
  },
  array: (json, reading) => ({
    kind: 'array',
    items: readType(required(json, 'items'), reading),
    properties: propertiesOf(json, ['type', 'items']),
  }),
  map: (json, reading) => ({
    kind: 'map',
    values: readType(required(json, 'values'), reading),
    properties: propertiesOf(json, ['type', 'values']),
  }),
}

const namedAttributes = ['type', 'name', 'namespace', 'doc', 'aliases']

function readRecord(json: JsonObject, reading: Reading): AvroType {
  const record: AvroRecord = {
    kind: 'record',
    isError: json['type'] === 'error',
    ...namesOf(json, reading),
    fields: [],
    properties: propertiesOf(json, ['fields', ...namedAttributes]),
  }
  declare(reading, record)
  const fields = json['fields']
  if (!Array.isArray(fields)) throw invalid(`The record "${record.name}" has no list of fields.`)
  const inner = { ...reading, namespace: record.namespace }
  record.fields = fields.map((field) => readField(field, inner, record))
  const seen = new Set<string>()
  for (const { name } of record.fields) {
    if (seen.has(name)) throw invalid(`The record "${record.name}" has the field "${name}" twice.`)
    seen.add(name)
  }
  return record
}

const orders = ['ascending', 'descending', 'ignore']

function readField(json: unknown, reading: Reading, { name: record }: AvroRecord): AvroField {
  if (!isJsonObject(json)) throw invalid(`A field of the record "${record}" is no object.`)
  const name = validName(json['name'])
  const type = readType(required(json, 'type'), reading)
  const order = optionalText(json, 'order')?.toLowerCase()
  if (order !== undefined && !orders.includes(order))
    throw invalid(`The order of the field "${name}" is none of ${orders.join(', ')}.`)
  const wrong = checkAvroDefault(type, json['default'])
  if (wrong !== undefined) throw invalid(`The default of the field "${record}.${name}" is no ${wrong}.`)
  return {
    name,
    type,
    doc: optionalText(json, 'doc'),
    default: json['default'],
    order,
    aliases: aliasesOf(json, ''),
    properties: propertiesOf(json, ['name', 'type', 'doc', 'default', 'order', 'aliases']),
  }
}

function declare(reading: Reading, type: AvroNamed): AvroNamed {
  const name = fullName(type)
  if (primitives.has(type.name)) throw invalid(`The name "${name}" is that of a primitive type.`)
  if (reading.names.has(name)) throw invalid(`The type "${name}" is declared twice.`)
  reading.names.set(name, type)
  return type
}

function namesOf(
  json: JsonObject,
  reading: Reading,
): {
  readonly name: string
  readonly namespace: string
  readonly doc: string | undefined
  aliases: string[]
} {
  const whole = required(json, 'name')
  if (typeof whole !== 'string') throw invalid('A name is no text.')
  const dot = whole.lastIndexOf('.')
  const namespace = dot >= 0 ? whole.slice(0, dot) : (optionalText(json, 'namespace') ?? reading.namespace)
  if (namespace !== '') for (const part of namespace.split('.')) validName(part)
  const name = validName(whole.slice(dot + 1))
  return { name, namespace, doc: optionalText(json, 'doc'), aliases: aliasesOf(json, namespace) }
}

function aliasesOf(json: JsonObject, namespace: string): string[] {
  const aliases = json['aliases']
  if (aliases === undefined) return []
  if (!Array.isArray(aliases) || !aliases.every((alias): alias is string => typeof alias === 'string'))
    throw invalid('Aliases are no list of names.')
  return aliases.map((alias) => (alias.includes('.') || namespace === '' ? alias : `${namespace}.${alias}`))
}

function validName(name: unknown): string {
  if (typeof name === 'string' && namePattern.test(name)) return name
  throw invalid(`${JSON.stringify(name)} is no name: letters, digits and underscores make one.`)
}

function required(json: JsonObject, name: string): unknown {
  const value = json[name]
  if (value === undefined) throw invalid(`A type or field has no "${name}".`)
  return value
}

function optionalText(json: JsonObject, name: string): string | undefined {
  const value = json[name]
  return typeof value === 'string' ? value : undefined
}

function propertiesOf(json: JsonObject, known: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(json).filter(([name]) => !known.includes(name)))
}

const invalid = (detail: string): Error => schemaInvalid('AVRO', detail)
