import { functionKinds } from '../../../topology/function-kinds.ts'
import type { FunctionKind } from '../../../topology/functions.ts'
import { byDefault, optional, required } from '../../schema/field.ts'
import { listOf, nameOr } from '../../schema/collections.ts'
import { objectOf, objectSchema, partsOf, type ReadParts } from '../../schema/object.ts'
import { choice, code, text, textLike, type } from '../../schema/scalars.ts'

const parameterSchema = objectSchema(
  'parameter',
  'parameter',
  'A parameter of a function beyond those that its type gives it.',
  {
    name: required(text, 'The name of the parameter in the code.', { example: 'limit' }),
    type: required(type, 'The type of the parameter.', { example: 'long' }),
    defaultValue: optional(text, 'The value where the caller gives none.', { example: '10' }),
  },
)

// `Object.keys` of a complete record gives exactly its keys.
const kinds = Object.keys(functionKinds) as FunctionKind[]

export const functionSchema = objectSchema('function', 'function', 'Code that operations call.', {
  type: optional(choice(kinds), 'What the function is for; it decides the arguments and the result.', {
    example: 'predicate',
  }),
  name: optional(text, 'The name of the function; under "functions" the key is the name.'),
  language: byDefault(
    choice(['python', 'javascript', 'typescript']),
    'python',
    'The language of the code; JavaScript may have types, whichever of its names is used.',
  ),
  module: optional(
    textLike(
      /^\.\.?\/[^#]+(#[A-Za-z_$][\w$]*)?$/,
      'a file and an export',
      'Write, for example, "./functions.ts#enrich".',
    ),
    'A TypeScript or JavaScript file beside the definition, and the export that is the function.',
    { example: './functions.ts#enrich' },
  ),
  parameters: optional(listOf(objectOf(parameterSchema), 'parameter'), 'Parameters after those of the type.'),
  globalCode: optional(code, 'Code that runs once, before the function is defined.', {
    example: 'import math',
  }),
  code: optional(code, 'The body of the function; it may return.', { example: 'log.info("{}", value)' }),
  expression: optional(code, 'What the function returns, after the body.', {
    example: 'value["amount"] > 10',
  }),
  resultType: optional(type, 'The type of what the function returns.', { example: 'json' }),
  stores: optional(listOf(text, 'store'), 'Names of the state stores that the code uses.'),
})

/** What could be read of a function: its code is compiled even where other fields are broken. */
export type FunctionFields = ReadParts<typeof functionSchema>

/** The name of a function, or its fields. */
export const functionOrName = nameOr(partsOf(functionSchema), 'function')
