import type { SourceSpan } from '../base/errors.ts'
import type { DataType } from '../data/types.ts'

/** The kinds of user functions, with KSML's names; `punctuator` is Weft's. */
export type FunctionKind =
  | 'aggregator'
  | 'forEach'
  | 'foreignKeyExtractor'
  | 'generator'
  | 'generic'
  | 'initializer'
  | 'keyTransformer'
  | 'keyValueMapper'
  | 'keyValuePrinter'
  | 'keyValueToKeyValueListTransformer'
  | 'keyValueToValueListTransformer'
  | 'keyValueTransformer'
  | 'merger'
  | 'metadataTransformer'
  | 'predicate'
  | 'punctuator'
  | 'reducer'
  | 'streamPartitioner'
  | 'timestampExtractor'
  | 'topicNameExtractor'
  | 'valueJoiner'
  | 'valueTransformer'

/**
 * A user's function as data: what it is called, what it takes and gives, and its source. It rides in the topology and
 * is bound to a callable when a task is built.
 */
export interface FunctionRef {
  /** Unique in its definition: the key in the file, or the long name of the node that holds it. */
  readonly name: string
  readonly kind: FunctionKind
  /** Argument names, in order: those of the kind, then the author's own. */
  readonly parameters: readonly FunctionParameter[]
  /** What the result is converted to and checked against; absent where the kind gives none. */
  readonly resultType?: DataType
  /** Names of the stores it may use. */
  readonly stores: readonly string[]
  readonly body: FunctionBody
}

export interface FunctionParameter {
  readonly name: string
  readonly type?: DataType
  readonly defaultValue?: unknown
}

export type FunctionBody =
  | {
      readonly language: 'python' | 'javascript'
      readonly globalCode?: CodeBlock
      readonly code?: CodeBlock
      readonly expression?: CodeBlock
    }
  /** `path` is relative to the definition's folder and stays inside it; `folder` is absolute. */
  | {
      readonly language: 'module'
      readonly folder: string
      readonly path: string
      readonly export: string
      readonly span?: SourceSpan
    }

/** Where a function is shown whose failure tells no line. */
export function placeOf(body: FunctionBody): SourceSpan | undefined {
  if (body.language === 'module') return body.span
  return (body.code ?? body.expression ?? body.globalCode)?.span
}

/** Where its result is said; a module is as far as one sees. */
export function placeOfResult(body: FunctionBody): SourceSpan | undefined {
  return (body.language === 'module' ? undefined : body.expression?.span) ?? placeOf(body)
}

export interface CodeBlock {
  readonly text: string
  /** Where the text begins in the author's file, so that an error can name the line. */
  readonly span: SourceSpan
}

/** What all functions of one definition share: a Python interpreter sees each other's globals through it. */
export interface FunctionScope {
  /** The definition's namespace; prefixes logger names. */
  readonly namespace: string
  /** Every function named under `functions:`, used or not: functions may call each other. */
  readonly functions: readonly FunctionRef[]
}
