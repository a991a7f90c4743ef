/**
 * How the objects of a definition are declared: each field once, with its type, unit, default, limits, a sentence and an example. The
 * parser, the messages and the JSON Schema for editors come from the same table.
 */
import type { SourceSpan } from '../../base/errors.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { YamlNode } from '../yaml-document.ts'

export type JsonSchema = Readonly<Record<string, unknown>>
/** Collects the schemas of objects that are referred to by name. */
export type JsonDefinitions = Map<string, JsonSchema>

/** What a value is called in messages, and where a complaint about its absence points. */
export interface Place {
  readonly label: string
  readonly span: SourceSpan
}

/** A kind of value: how it is read and how an editor checks it. */
export interface Kind<T> {
  /** For messages: `a duration`. */
  readonly what: string
  /** @returns undefined when the value is not of this kind, which is then in `diagnostics` */
  read(node: YamlNode, diagnostics: Diagnostics, place: Place): T | undefined
  json(definitions: JsonDefinitions): JsonSchema
}

export type Presence = 'required' | 'optional' | 'default' | 'refused'

export interface Field<T, P extends Presence = Presence> {
  readonly kind: Kind<T>
  readonly presence: P
  /** One sentence for the reference page and the editor. */
  readonly about: string
  readonly facts: FieldFacts
  /** The value where the field is absent. */
  readonly absent?: (span: SourceSpan) => T
  /** Why the field is refused, and what to do. */
  readonly refusal?: { readonly message: string; readonly hint: string }
}

export interface FieldFacts {
  readonly example?: string
  readonly unit?: string
  readonly default?: string | number | boolean
}

export function required<T>(kind: Kind<T>, about: string, facts: FieldFacts = {}): Field<T, 'required'> {
  return { kind, presence: 'required', about, facts }
}

export function optional<T>(kind: Kind<T>, about: string, facts: FieldFacts = {}): Field<T, 'optional'> {
  return { kind, presence: 'optional', about, facts }
}

/** A field with a default; the value stands at the object that lacks it. */
export function byDefault<V extends string | number | boolean>(
  kind: Kind<{ readonly value: V; readonly span: SourceSpan }>,
  value: V,
  about: string,
  facts: FieldFacts = {},
): Field<{ readonly value: V; readonly span: SourceSpan }, 'default'> {
  return {
    kind,
    presence: 'default',
    about,
    facts: { ...facts, default: value },
    absent: (span) => ({ value, span }),
  }
}

/** A field of the language that the engine does not do: to give it is an error that says what to do instead. */
export function refused(message: string, hint: string, about: string): Field<never, 'refused'> {
  return { kind: nothing, presence: 'refused', about, facts: {}, refusal: { message, hint } }
}

const nothing: Kind<never> = { what: 'nothing', read: () => undefined, json: () => ({}) }
