import type { SourceSpan } from '../../base/errors.ts'
import { suggest, type Diagnostics } from '../diagnostic.ts'
import type { Located } from '../query-definition.ts'
import type { YamlNode } from '../yaml-document.ts'
import type { JsonDefinitions, JsonSchema, Kind, Place } from './field.ts'
import { asMap, objectOf, refer, type ObjectSchema, type Read } from './object.ts'

/** An entry of a map; without a value where that was broken and has been reported, so that its name is known all the same. */
export interface NamedEntry<T> {
  readonly name: string
  readonly span: SourceSpan
  readonly value: T | undefined
}

const namesHint = 'Begin each entry with its name and a colon in place of "-", and indent what belongs to it.'

/** A mapping from names that the author chooses. */
export function mapOf<T>(kind: Kind<T>, title: string): Kind<readonly NamedEntry<T>[]> {
  return {
    what: 'a mapping of names',
    read: (node, diagnostics, place) =>
      asMap(node, diagnostics, place, node.kind === 'list' ? namesHint : undefined)?.entries.map(
        ({ key, keySpan, value }) => ({
          name: key,
          span: keySpan,
          value: kind.read(value, diagnostics, { label: `${title} "${key}"`, span: keySpan }),
        }),
      ),
    json: (definitions) => ({ type: 'object', additionalProperties: kind.json(definitions) }),
  }
}

/** A list; broken items are left out as `undefined`, which has been reported. */
export function listOf<T>(kind: Kind<T>, title: string): Kind<readonly (T | undefined)[]> {
  return {
    what: `a list of ${title}s`,
    read: (node, diagnostics, place) => {
      if (node.kind === 'list')
        return node.items.map((item, index) =>
          kind.read(item, diagnostics, { label: `${title} ${index + 1}`, span: firstWord(item) }),
        )
      diagnostics.error('DEFINITION_INVALID', `${place.label} is not a list`, node.span, {
        hint: 'Begin each item on a line of its own with "- ".',
      })
      return undefined
    },
    json: (definitions) => ({ type: 'array', items: kind.json(definitions) }),
  }
}

/** Where an item begins: a mapping in a list is pointed at by its first key. */
function firstWord(node: YamlNode): SourceSpan {
  return (node.kind === 'map' ? node.entries[0]?.keySpan : undefined) ?? node.span
}

export type Reference<T> =
  | { readonly kind: 'name'; readonly name: Located<string> }
  | { readonly kind: 'inline'; readonly value: T; readonly span: SourceSpan }

/** The name of something declared elsewhere, or the thing itself. */
export function nameOr<T>(kind: Kind<T>, title: string): Kind<Reference<T>> {
  return {
    what: `the name of a ${title}, or its fields`,
    read: (node, diagnostics, place) => {
      if (node.kind === 'scalar') return { kind: 'name', name: { value: node.text, span: node.span } }
      const value = kind.read(node, diagnostics, place)
      return value === undefined ? undefined : { kind: 'inline', value, span: place.span }
    },
    json: (definitions) => ({ anyOf: [{ type: 'string' }, kind.json(definitions)] }),
  }
}

type Variants = Readonly<Record<string, ObjectSchema>>

/** An object whose `type` says which of several schemas it follows. */
export type Variant<V extends Variants> = {
  [K in keyof V & string]: {
    readonly type: K
    readonly alias: string
    readonly at: Place
    readonly fields: Read<V[K]>
  }
}[keyof V & string]

interface VariantFacts<V extends Variants> {
  readonly title: string
  readonly variants: V
  /** Other names of the same. */
  readonly aliases: Readonly<Record<string, keyof V & string>>
  /** Types of the language that the engine does not do, with what to do instead. */
  readonly refused: Readonly<Record<string, string>>
}

/** A mapping that is read by the schema that its `type` names. */
export function variantOf<V extends Variants>(facts: VariantFacts<V>): Kind<Variant<V>> {
  const { title, variants } = facts
  return {
    what: `a ${title}`,
    read: (node, diagnostics, place) => {
      const map = asMap(node, diagnostics, place)
      if (map === undefined) return undefined
      const entry = map.entries.find(({ key }) => key === 'type')
      if (entry === undefined || entry.value.kind !== 'scalar') {
        diagnostics.error('DEFINITION_INVALID', `"type" is missing in ${place.label}`, place.span, {
          hint: `Say which ${title} it is, for example "type: ${Object.keys(variants)[0]}".`,
        })
        return undefined
      }
      const alias = entry.value.text
      const type = pickVariant(alias, facts, { span: entry.value.span, diagnostics })
      const schema = type === undefined ? undefined : variants[type]
      if (type === undefined || schema === undefined) return undefined
      // Messages name the type as its author does.
      const named = { ...schema, title: schema.title.replace(`"${type}"`, `"${alias}"`) }
      const fields = objectOf(named, { ignored: ['type'] }).read(node, diagnostics, {
        label: `${title} "${alias}"`,
        span: entry.value.span,
      })
      if (fields === undefined) return undefined
      // `fields` was read by the schema of `type`, which is what the union of variants says.
      return {
        type,
        alias,
        at: { label: `${title} "${alias}"`, span: entry.value.span },
        fields,
      } as unknown as Variant<V>
    },
    json: (definitions) => ({ anyOf: variantSchemas(facts, definitions) }),
  }
}

function pickVariant<V extends Variants>(
  given: string,
  { title, variants, aliases, refused }: VariantFacts<V>,
  { span, diagnostics }: { span: SourceSpan; diagnostics: Diagnostics },
): (keyof V & string) | undefined {
  if (Object.hasOwn(variants, given)) return given
  if (Object.hasOwn(aliases, given)) return aliases[given]
  if (Object.hasOwn(refused, given)) {
    diagnostics.error('NOT_SUPPORTED', `${title} "${given}" is not supported yet`, span, {
      hint: refused[given] ?? '',
    })
    return undefined
  }
  diagnostics.error('DEFINITION_INVALID', `no ${title} is called "${given}"`, span, {
    hint: suggest(
      given,
      [...Object.keys(variants), ...Object.keys(aliases), ...Object.keys(refused)],
      `${title}s`,
    ),
  })
  return undefined
}

function variantSchemas<V extends Variants>(
  { variants, aliases }: VariantFacts<V>,
  definitions: JsonDefinitions,
): JsonSchema[] {
  return Object.entries(variants).map(([name, schema]) => {
    refer(schema, definitions)
    const known = definitions.get(schema.id) ?? {}
    const names = [name, ...Object.keys(aliases).filter((alias) => aliases[alias] === name)]
    const properties = { type: { enum: names }, ...(known['properties'] as JsonSchema) }
    definitions.set(schema.id, {
      ...known,
      properties,
      required: [...new Set(['type', ...(known['required'] as string[])])],
    })
    return { $ref: `#/$defs/${schema.id}` }
  })
}
