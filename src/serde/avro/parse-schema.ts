/**
 * Reads Avro schemas (JSON text) by the specification 1.12: names and namespaces, aliases, defaults, logical types, references to
 * types of other schemas. What is wrong is named with its place in the schema.
 */
import { isObject } from '../../data/is-object.ts'
import { StreamError } from '../../base/errors.ts'
import type { AvroField, AvroPrimitiveKind, AvroRecord, AvroType } from './avro-type.ts'
import { notJson } from '../json/schema-json.ts'
import { connectMeaning } from './connect-meaning.ts'
import { checkDefault } from './check-default.ts'
import { readLogical } from './read-logical.ts'

/** Deeper schemas are refused: they would outgrow the stack. */
const depthMax = 100
/** A schema of more named types and fields than this is no schema but an attack. */
const partsMax = 20_000

const primitives: ReadonlySet<string> = new Set<AvroPrimitiveKind>([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
])
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/
const fullNamePattern = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/

/**
 * @param references - texts of schemas whose named types this one uses, each after those that it uses itself
 * @throws StreamError `SCHEMA_INVALID`
 */
export function parseAvroSchema(text: string, references: readonly string[] = []): AvroType {
  const parser = new SchemaParser()
  for (const reference of references) parser.parse(reference)
  const type = parser.parse(text)
  parser.checkDefaults()
  return type
}

interface Context {
  readonly namespace: string
  readonly path: string
  readonly depth: number
}

type Json = Readonly<Record<string, unknown>>

class SchemaParser {
  readonly #named = new Map<string, AvroType>()
  /** Records that are being parsed: a reference to one of them is what makes it recursive. */
  readonly #open: AvroRecord[] = []
  readonly #defaults: { readonly field: AvroField; readonly path: string }[] = []
  #parts = 0

  parse(text: string): AvroType {
    return this.#type(parseText(text), { namespace: '', path: '', depth: 0 })
  }

  /** Only now all types are whole. */
  checkDefaults(): void {
    for (const { field, path } of this.#defaults) {
      const problem = checkDefault(field.type, field.fallback)
      if (problem !== undefined) throw invalid(path, `its default ${problem}`)
    }
  }

  #type(schema: unknown, context: Context): AvroType {
    this.#parts += 1
    if (context.depth > depthMax || this.#parts > partsMax) throw invalid(context.path, 'it is too large')
    if (typeof schema === 'string') return this.#byName(schema, context)
    if (Array.isArray(schema)) return this.#union(schema, context)
    if (!isObject(schema)) throw invalid(context.path, 'a type is a name, an object or a list')
    return this.#object(schema, context)
  }

  #byName(name: string, { namespace, path }: Context): AvroType {
    if (primitives.has(name)) return { kind: name as AvroPrimitiveKind, logical: undefined }
    const full = name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
    const type = this.#named.get(full) ?? this.#named.get(name)
    if (type === undefined)
      throw invalid(
        path,
        `there is no type "${name}"`,
        'Define the type before it is used, or add its schema to the references.',
      )
    this.#markRecursive(type)
    return type
  }

  /** All records that are open since this one can hold it. */
  #markRecursive(type: AvroType): void {
    if (type.kind !== 'record') return
    const from = this.#open.indexOf(type)
    if (from >= 0) for (const record of this.#open.slice(from)) record.recursive = true
  }

  #union(branches: readonly unknown[], context: Context): AvroType {
    const types = branches.map((branch, index) => this.#type(branch, within(context, `[${index}]`)))
    const seen = new Set<string>()
    for (const type of types) {
      if (type.kind === 'union') throw invalid(context.path, 'a union cannot hold a union directly')
      const key = 'name' in type ? type.name : type.kind
      if (seen.has(key)) throw invalid(context.path, `the union holds "${key}" twice`)
      seen.add(key)
    }
    return { kind: 'union', branches: types }
  }

  #object(schema: Json, context: Context): AvroType {
    const { type } = schema
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(schema, context)
      case 'enum':
        return this.#enum(schema, context)
      case 'fixed':
        return this.#fixed(schema, context)
      case 'array':
        return { kind: 'array', items: this.#type(schema['items'], within(context, '.items')) }
      case 'map':
        return { kind: 'map', values: this.#type(schema['values'], within(context, '.values')) }
      default:
        break
    }
    if (typeof type === 'string' && primitives.has(type)) {
      const kind = type as AvroPrimitiveKind
      return { kind, logical: readLogical(schema, { kind }), ...connectMeaning(schema, kind) }
    }
    if (type === undefined) throw invalid(context.path, 'it has no "type"')
    return this.#type(type, within(context, ''))
  }

  #record(schema: Json, context: Context): AvroRecord {
    const names = this.#names(schema, context)
    const record: AvroRecord = { kind: 'record', ...names, fields: [], recursive: false }
    this.#define(record, context)
    const { fields } = schema
    if (!Array.isArray(fields)) throw invalid(context.path, `record "${names.name}" has no list of "fields"`)
    this.#open.push(record)
    const inner = { ...context, namespace: namespaceOf(names.name) }
    record.fields = fields.map((field: unknown) => this.#field(field, inner, names.name))
    this.#open.pop()
    checkFieldNames(record, context.path)
    return record
  }

  #field(field: unknown, context: Context, record: string): AvroField {
    if (!isObject(field) || typeof field['name'] !== 'string' || !namePattern.test(field['name']))
      throw invalid(context.path, `a field of record "${record}" has no valid name`)
    const { name } = field
    const inner = within(context, `.${name}`)
    const type = this.#type(field['type'], inner)
    const base = { name: name, aliases: texts(field['aliases']), type }
    if (!('default' in field)) return base
    const whole = { ...base, fallback: field['default'] }
    this.#defaults.push({ field: whole, path: inner.path })
    return whole
  }

  #enum(schema: Json, context: Context): AvroType {
    const names = this.#names(schema, context)
    const symbols = texts(schema['symbols'])
    const fallback = schema['default']
    if (
      symbols.length === 0 ||
      new Set(symbols).size < symbols.length ||
      !symbols.every((symbol) => namePattern.test(symbol))
    )
      throw invalid(context.path, `enum "${names.name}" needs "symbols", each once and a name`)
    if (fallback !== undefined && !(typeof fallback === 'string' && symbols.includes(fallback)))
      throw invalid(context.path, `the default of enum "${names.name}" is none of its symbols`)
    return this.#define({ kind: 'enum', ...names, symbols, fallback }, context)
  }

  #fixed(schema: Json, context: Context): AvroType {
    const names = this.#names(schema, context)
    const { size } = schema
    if (!Number.isSafeInteger(size) || (size as number) < 0 || (size as number) > 2 ** 31)
      throw invalid(context.path, `fixed "${names.name}" has no valid "size"`)
    const sizeBytes = size as number
    const logical = readLogical(schema, { kind: 'fixed', sizeBytes })
    return this.#define({ kind: 'fixed', ...names, sizeBytes, logical }, context)
  }

  #define<T extends AvroType & { readonly name: string }>(type: T, { path }: Context): T {
    if (this.#named.has(type.name)) throw invalid(path, `"${type.name}" is defined twice`)
    this.#named.set(type.name, type)
    return type
  }

  #names(schema: Json, { namespace, path }: Context): { name: string; aliases: readonly string[] } {
    const { name: given, namespace: own } = schema
    if (typeof given !== 'string' || !fullNamePattern.test(given))
      throw invalid(path, 'a named type has no valid "name"')
    const space = typeof own === 'string' ? own : namespace
    const name = given.includes('.') || space === '' ? given : `${space}.${given}`
    const around = namespaceOf(name)
    const aliases = texts(schema['aliases']).map((alias) =>
      alias.includes('.') || around === '' ? alias : `${around}.${alias}`,
    )
    return { name, aliases }
  }
}

function checkFieldNames({ name, fields }: AvroRecord, path: string): void {
  const seen = new Set<string>()
  for (const field of fields) {
    if (seen.has(field.name)) throw invalid(path, `record "${name}" has two fields "${field.name}"`)
    seen.add(field.name)
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // Registries and users also write a bare name without quotes.
    if (primitives.has(text.trim())) return text.trim()
    throw notJson('an Avro schema', text, error)
  }
}

function within(context: Context, step: string): Context {
  return { ...context, path: context.path + step, depth: context.depth + 1 }
}

function namespaceOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')))
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

function invalid(path: string, why: string, hint?: string): StreamError {
  const place = path === '' ? 'an Avro schema' : `an Avro schema, at "${path.replace(/^\./, '')}",`
  return new StreamError(
    'SCHEMA_INVALID',
    `${place} is not valid: ${why}`,
    hint === undefined ? {} : { hint },
  )
}
