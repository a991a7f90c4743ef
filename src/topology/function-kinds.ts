/**
 * The twenty-two kinds of user functions, one row each: what they are called with, what they give, and what happens
 * where the code returns nothing. Front ends check definitions with it, `functions` binds by it.
 */
import type { DataType } from '../data/types.ts'
import type { FunctionKind, FunctionRef } from './functions.ts'

/** What a definition says about the result's type. */
export type ResultRule =
  /** `resultType` must be given. */
  | { readonly rule: 'required' }
  /** This type stands where none is given. */
  | { readonly rule: 'default'; readonly type: DataType }
  /** May be given; without it the function gives nothing to the engine. */
  | { readonly rule: 'optional' }
  /** Must not be given: the function is called for its effects. */
  | { readonly rule: 'none' }

export interface FunctionKindFacts {
  /** The fixed arguments, in order. The author's own parameters come after them and are never passed by the engine. */
  readonly arguments: readonly string[]
  /** Passed as well, to a function whose own parameters begin with these. */
  readonly onRequest?: readonly string[]
  readonly result: ResultRule
  /** What is returned where `expression` is absent and `code` has not returned, per language; absent: nothing. */
  readonly defaultExpression?: { readonly python: string; readonly javascript: string }
  /** Whether `stores` may name stores. */
  readonly stores: boolean
  /** Whether the engine accepts null (Python's None) as a result; else it is an error of the function. */
  readonly nullResult: boolean
}

const any: DataType = { kind: 'any' }
const long: DataType = { kind: 'long' }
const string: DataType = { kind: 'string' }
const anyPair: DataType = { kind: 'tuple', of: [any, any] }

/** A record's metadata as functions see and give it: a header's value is text where it is printable, else a list of bytes. */
export const recordMetadataType: DataType = {
  kind: 'struct',
  name: 'RecordMetadata',
  fields: [
    { name: 'timestamp', type: long, required: false },
    {
      name: 'headers',
      type: {
        kind: 'list',
        of: {
          kind: 'struct',
          name: 'RecordHeader',
          fields: [
            { name: 'key', type: string, required: true },
            { name: 'value', type: any, required: true },
          ],
        },
      },
      required: false,
    },
  ],
}

const required: ResultRule = { rule: 'required' }
const keyValue = ['key', 'value']
const keyValues = ['key', 'value1', 'value2']

export const functionKinds: Readonly<Record<FunctionKind, FunctionKindFacts>> = {
  aggregator: {
    arguments: ['key', 'value', 'aggregatedValue'],
    result: required,
    defaultExpression: same('aggregatedValue'),
    stores: false,
    nullResult: true,
  },
  forEach: { arguments: keyValue, result: { rule: 'none' }, stores: true, nullResult: true },
  foreignKeyExtractor: {
    arguments: ['value'],
    onRequest: ['key'],
    result: required,
    stores: false,
    nullResult: true,
  },
  generator: {
    arguments: [],
    result: byDefault({ kind: 'union', of: [anyPair, { kind: 'list', of: anyPair }] }),
    stores: false,
    nullResult: true,
  },
  generic: { arguments: [], result: { rule: 'optional' }, stores: false, nullResult: true },
  initializer: { arguments: [], result: required, stores: false, nullResult: true },
  keyTransformer: {
    arguments: keyValue,
    result: required,
    defaultExpression: same('key'),
    stores: true,
    nullResult: true,
  },
  keyValueMapper: { arguments: keyValue, result: required, stores: false, nullResult: true },
  keyValuePrinter: { arguments: keyValue, result: byDefault(string), stores: false, nullResult: true },
  keyValueToKeyValueListTransformer: {
    arguments: keyValue,
    result: required,
    defaultExpression: { python: '[(key, value)]', javascript: '[[key, value]]' },
    stores: true,
    nullResult: true,
  },
  keyValueToValueListTransformer: {
    arguments: keyValue,
    result: required,
    defaultExpression: same('[value]'),
    stores: true,
    nullResult: false,
  },
  keyValueTransformer: {
    arguments: keyValue,
    result: required,
    defaultExpression: { python: '(key, value)', javascript: '[key, value]' },
    stores: true,
    nullResult: false,
  },
  merger: { arguments: keyValues, result: required, stores: false, nullResult: true },
  metadataTransformer: {
    arguments: ['key', 'value', 'metadata'],
    result: byDefault(recordMetadataType),
    defaultExpression: same('metadata'),
    stores: true,
    nullResult: true,
  },
  predicate: {
    arguments: keyValue,
    result: byDefault({ kind: 'boolean' }),
    defaultExpression: { python: 'True', javascript: 'true' },
    stores: true,
    nullResult: false,
  },
  punctuator: { arguments: ['timestamp'], result: required, stores: true, nullResult: true },
  reducer: { arguments: ['value1', 'value2'], result: required, stores: false, nullResult: true },
  streamPartitioner: {
    arguments: ['topic', 'key', 'value', 'numPartitions'],
    result: byDefault({ kind: 'union', of: [{ kind: 'int' }, { kind: 'list', of: { kind: 'int' } }] }),
    stores: false,
    nullResult: true,
  },
  timestampExtractor: {
    arguments: ['record', 'previousTimestamp'],
    result: byDefault(long),
    stores: false,
    nullResult: false,
  },
  topicNameExtractor: {
    arguments: ['key', 'value', 'recordContext'],
    result: byDefault(string),
    stores: false,
    nullResult: false,
  },
  valueJoiner: { arguments: keyValues, result: required, stores: false, nullResult: true },
  valueTransformer: {
    arguments: keyValue,
    result: required,
    defaultExpression: same('value'),
    stores: true,
    nullResult: true,
  },
}

function byDefault(type: DataType): ResultRule {
  return { rule: 'default', type }
}

/** The same text in both languages. */
function same(expression: string): { readonly python: string; readonly javascript: string } {
  return { python: expression, javascript: expression }
}

/** What the engine passes to a function of a kind that has these parameters. */
export function argumentsOf(kind: FunctionKind, parameters: FunctionRef['parameters']): readonly string[] {
  const { arguments: always, onRequest = [] } = functionKinds[kind]
  const asks = onRequest.every((name, index) => parameters[always.length + index]?.name === name)
  return asks ? [...always, ...onRequest] : always
}
