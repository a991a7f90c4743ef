import type { SourceSpan } from '../base/errors.ts'
import type { Column } from '../data/types.ts'

/** A value of a definition file and where it stands; a default stands at the object that lacks it. */
export interface Located<T> {
  readonly value: T
  readonly span: SourceSpan
}

/** Text of another language inside a definition file. */
export interface EmbeddedText {
  readonly text: string
  /** Where the text begins; its length is that of the first line. */
  readonly span: SourceSpan
  /** Where `length` characters from `offset` of the text stand in the file. */
  locate(offset: number, length: number): SourceSpan
}

/** One SQL pipeline as its author wrote it, validated as far as it can be without looking into the SQL; defaults are filled in. */
export interface QueryDefinition {
  readonly name: Located<string>
  /** The mapping that holds the pipeline. */
  readonly span: SourceSpan
  readonly query: EmbeddedText
  readonly output: QueryOutput
  readonly emission: QueryEmission
  readonly state: QueryState
}

export interface QueryOutput {
  readonly topic: Located<string>
  readonly format: Located<'json' | 'avro'>
  /** The output column that becomes the record key. */
  readonly key: Located<string> | undefined
  /** What the rows are written with; absent: what the columns are. */
  readonly schema: Located<DeclaredSchema> | undefined
}

/** An Avro schema, or the columns that one is made of. */
export type DeclaredSchema =
  | { readonly kind: 'avro'; readonly text: string }
  | { readonly kind: 'columns'; readonly columns: readonly Column[] }

export interface QueryEmission {
  readonly type: Located<'immediate' | 'smart'>
  /** Output columns that must not be NULL. */
  readonly require: readonly Located<string>[]
}

export interface QueryState {
  /** How long event records are kept: `state.events.default_ttl`, else `window`, else one hour; 0 is for ever. */
  readonly eventTtlMs: Located<number>
  readonly overrides: readonly { readonly topic: Located<string>; readonly ttlMs: number }[]
  readonly dimensions: readonly QueryDimension[]
}

export interface QueryDimension {
  readonly topic: Located<string>
  /** `lookup`: loaded first, no looking back; `input`: an ordinary input, whose late rows release earlier events. */
  readonly join: 'lookup' | 'input'
}
