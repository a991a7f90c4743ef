import { suggest, type Diagnostics } from '../diagnostic.ts'
import type { YamlEntry, YamlMap, YamlNode } from '../yaml-document.ts'
import type { Field, JsonDefinitions, JsonSchema, Kind, Place } from './field.ts'

export type Shape = Readonly<Record<string, Field<unknown>>>

export interface ObjectSchema<S extends Shape = Shape> {
  /** Unique; the name of its definition in the JSON Schema. */
  readonly id: string
  /** For messages: `stream`. */
  readonly title: string
  readonly about: string
  readonly fields: S
}

type ValueOf<F> =
  F extends Field<infer T, infer P>
    ? P extends 'optional'
      ? T | undefined
      : P extends 'refused'
        ? never
        : T
    : never

/** An object as it was read: the values by field, and where it stands. */
export type ObjectValue<S extends Shape> = {
  readonly [
    K in keyof S as S[K] extends Field<unknown, infer P> ? (P extends 'refused' ? never : K) : never
  ]: ValueOf<S[K]>
} & { readonly at: Place }

/** What reading an object of this schema gives. */
export type Read<O> = O extends ObjectSchema<infer S> ? ObjectValue<S> : never

export function objectSchema<S extends Shape>(
  id: string,
  title: string,
  about: string,
  fields: S,
): ObjectSchema<S> {
  return { id, title, about, fields }
}

/** What could be read of an object: a field that is broken or missing has been reported, and is undefined. */
export type Parts<V> = { readonly [K in keyof V]: V[K] | undefined } & {
  readonly at: Place
  /** The names of the fields that could not be read. */
  readonly broken: ReadonlySet<string>
}

/** What reading the parts of an object of this schema gives. */
export type ReadParts<O> = Parts<Read<O>>

interface ObjectOptions {
  /** Keys that somebody else reads. */
  readonly ignored?: readonly string[]
}

/** A mapping with the fields of a schema; all of them or nothing. */
export function objectOf<S extends Shape>(
  schema: ObjectSchema<S>,
  options: ObjectOptions = {},
): Kind<ObjectValue<S>> {
  const parts = partsOf(schema, options)
  return {
    ...parts,
    read: (node, diagnostics, place) => {
      const value = parts.read(node, diagnostics, place)
      // Nothing is undefined that the schema requires: no field is broken.
      return value === undefined || value.broken.size > 0 ? undefined : (value as unknown as ObjectValue<S>)
    },
  }
}

/** The same, although fields are broken: more of the file can be checked then. */
export function partsOf<S extends Shape>(
  schema: ObjectSchema<S>,
  { ignored = [] }: ObjectOptions = {},
): Kind<Parts<ObjectValue<S>>> {
  return {
    what: `the fields of a ${schema.title}`,
    read: (node, diagnostics, place) => {
      const map = asMap(node, diagnostics, place)
      return map === undefined ? undefined : readFields(map, schema, { diagnostics, place, ignored })
    },
    json: (definitions) => refer(schema, definitions),
  }
}

/** A mapping, or a complaint. */
export function asMap(
  node: YamlNode,
  diagnostics: Diagnostics,
  place: Place,
  hint = `Write its fields as "name: value", each on a line of its own${node.kind === 'list' ? ', without "-"' : ''}.`,
): YamlMap | undefined {
  if (node.kind === 'map') return node
  diagnostics.error('DEFINITION_INVALID', `${place.label} is not a mapping`, node.span, { hint })
  return undefined
}

interface Reading {
  readonly diagnostics: Diagnostics
  readonly place: Place
  readonly ignored: readonly string[]
}

function readFields<S extends Shape>(
  map: YamlMap,
  schema: ObjectSchema<S>,
  reading: Reading,
): Parts<ObjectValue<S>> {
  const { diagnostics, place } = reading
  const given = new Map(map.entries.map((entry) => [entry.key, entry]))
  reportStrangers(map, schema, reading)
  const unread = new Set<string>()
  const values: Record<string, unknown> = { at: place, broken: unread }
  // One refusal is enough: the fields that belong to what is refused come with it.
  let refusals = 0
  for (const [name, field] of Object.entries(schema.fields)) {
    if (field.presence === 'refused' && given.has(name) && refusals++ > 0) continue
    const outcome = readField({ name, field, entry: given.get(name), place, diagnostics })
    if (outcome === broken) unread.add(name)
    else values[name] = outcome
  }
  // Each field was read by the kind that its schema gives it, which is what the mapped type says.
  return values as Parts<ObjectValue<S>>
}

const broken = Symbol('broken')

interface FieldInput {
  readonly name: string
  readonly field: Field<unknown>
  readonly entry: YamlEntry | undefined
  readonly place: Place
  readonly diagnostics: Diagnostics
}

function readField({ name, field, entry, place, diagnostics }: FieldInput): unknown {
  if (entry === undefined || isAbsent(entry.value)) {
    if (field.presence !== 'required') return field.absent?.(place.span)
    diagnostics.error(
      'DEFINITION_INVALID',
      `"${name}" is missing in ${place.label}`,
      entry?.keySpan ?? place.span,
      {
        detail: field.about,
        ...(field.facts.example === undefined
          ? {}
          : { hint: `Add, for example, "${name}: ${field.facts.example}".` }),
      },
    )
    return broken
  }
  if (field.refusal !== undefined) {
    const { message, hint } = field.refusal
    diagnostics.error('NOT_SUPPORTED', message, entry.keySpan, { hint })
    return broken
  }
  const value = field.kind.read(entry.value, diagnostics, {
    label: `"${name}" of ${place.label}`,
    span: entry.keySpan,
  })
  return value === undefined ? broken : value
}

/** `key:` with nothing after it. */
function isAbsent(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null && node.text !== 'null'
}

function reportStrangers(map: YamlMap, schema: ObjectSchema, { diagnostics, ignored }: Reading): void {
  const known = Object.keys(schema.fields)
  for (const { key, keySpan } of map.entries) {
    if (known.includes(key) || ignored.includes(key)) continue
    diagnostics.error(
      'DEFINITION_INVALID',
      `"${key}" is not a field of ${article(schema.title)} ${schema.title}`,
      keySpan,
      {
        hint: suggest(key, known, 'fields'),
      },
    )
  }
}

function article(word: string): string {
  return /^[aeiouAEIOU]/.test(word) ? 'an' : 'a'
}

/** Puts the object's JSON Schema among the definitions and returns a reference to it. */
export function refer(schema: ObjectSchema, definitions: JsonDefinitions): JsonSchema {
  if (!definitions.has(schema.id)) {
    definitions.set(schema.id, {})
    const fields = Object.entries(schema.fields).filter(([, field]) => field.presence !== 'refused')
    definitions.set(schema.id, {
      type: 'object',
      description: schema.about,
      properties: Object.fromEntries(
        fields.map(([name, field]) => [name, propertySchema(field, definitions)]),
      ),
      required: fields.filter(([, field]) => field.presence === 'required').map(([name]) => name),
      additionalProperties: false,
    })
  }
  return { $ref: `#/$defs/${schema.id}` }
}

function propertySchema(field: Field<unknown>, definitions: JsonDefinitions): JsonSchema {
  const { example, unit, default: value } = field.facts
  return {
    ...field.kind.json(definitions),
    description: unit === undefined ? field.about : `${field.about} Unit: ${unit}.`,
    ...(example === undefined ? {} : { examples: [example] }),
    ...(value === undefined ? {} : { default: value }),
  }
}
