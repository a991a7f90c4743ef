import { dirname, resolve, sep } from 'node:path'
import type { SourceSpan } from '../../base/errors.ts'
import type { TypeTree } from '../../data/type-strings.ts'
import type { DataType } from '../../data/types.ts'
import { functionKinds, type ResultRule } from '../../topology/function-kinds.ts'
import type {
  CodeBlock,
  FunctionBody,
  FunctionKind,
  FunctionParameter,
  FunctionRef,
} from '../../topology/functions.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { Located } from '../query-definition.ts'
import type { CodeText } from '../schema/scalars.ts'
import type { FunctionFields } from './fields/function-fields.ts'

/** A function of the definition: what the topology needs, and what checks need. */
export interface DeclaredFunction {
  readonly ref: FunctionRef
  /** The declared or default result, with the formats of its members; absent: none. */
  readonly result: TypeTree | undefined
  readonly label: string
  readonly span: SourceSpan
}

interface ReadContext {
  readonly diagnostics: Diagnostics
  /** The absolute path of the definition. */
  readonly file: string
  readonly name: string
  /** What the place wants, where the fields do not say. */
  readonly kind: FunctionKind
  /** Receives what can be compiled, whatever else is wrong with the function. */
  readonly code: FunctionRef[]
}

const identifier = /^[A-Za-z_]\w*$/

/** @returns undefined where it cannot be a function; the reasons are in the diagnostics */
export function readFunction(fields: FunctionFields, context: ReadContext): DeclaredFunction | undefined {
  const { diagnostics, name } = context
  const kind = fields.type?.value ?? context.kind
  const { label, span } = fields.at
  const before = diagnostics.errorCount
  const body = readBody(fields, context)
  const parameters = readParameters(fields, kind)
  const stores = readStores(fields, kind, diagnostics)
  if (body !== undefined && diagnostics.errorCount === before)
    context.code.push({ name, kind, parameters, stores, body })
  if (fields.broken.size > 0) return undefined
  const result = readResult(fields, kind, diagnostics)
  if (body?.language === 'python' && !identifier.test(name))
    diagnostics.error('FUNCTION_INVALID', `${label} cannot be called in Python`, span, {
      hint: 'Use letters, digits and "_" only, and begin with a letter.',
    })
  if (body === undefined || diagnostics.errorCount > before) return undefined
  const resultType = result === undefined ? {} : { resultType: result.format.type }
  return { ref: { name, kind, parameters, stores, body, ...resultType }, result, label, span }
}

const codeFields = ['module', 'globalCode', 'code', 'expression'] as const

function readBody(fields: FunctionFields, context: ReadContext): FunctionBody | undefined {
  const { globalCode, code, expression, at, language } = fields
  if (language === undefined || codeFields.some((name) => fields.broken.has(name))) return undefined
  const hasCode = globalCode !== undefined || code !== undefined || expression !== undefined
  if (fields.module !== undefined) return readModule(fields.module, hasCode, at.label, context)
  if (!hasCode) {
    context.diagnostics.error('FUNCTION_INVALID', `${at.label} has no code`, at.span, {
      hint: 'Give "expression", "code" or both, or a "module".',
    })
    return undefined
  }
  const spoken = language.value === 'python' ? 'python' : 'javascript'
  const block = (part: CodeText | undefined): CodeBlock | undefined => codeBlock(part, spoken)
  return {
    language: spoken,
    ...present('globalCode', block(globalCode)),
    ...present('code', block(code)),
    ...present('expression', block(expression)),
  }
}

function readModule(
  { value, span }: Located<string>,
  hasCode: boolean,
  label: string,
  { diagnostics, file, name }: ReadContext,
): FunctionBody {
  const fail = (message: string, hint: string): void =>
    diagnostics.error('FUNCTION_INVALID', message, span, { hint })
  const [path = '', exported = name] = value.split('#')
  const folder = dirname(file)
  if (hasCode) fail(`${label} has both a module and code`, 'Keep one of the two.')
  if (!resolve(folder, path).startsWith(folder.endsWith(sep) ? folder : folder + sep))
    fail(
      `module "${path}" lies outside the folder of the definition`,
      'Move the file into the folder of the definition.',
    )
  if (!/\.[cm]?[jt]s$/.test(path))
    fail(
      `module "${path}" is not a TypeScript or JavaScript file`,
      'Name the file with its ending, for example "./functions.ts#enrich".',
    )
  return { language: 'module', folder, path, export: exported, span }
}

function codeBlock(part: CodeText | undefined, language: 'python' | 'javascript'): CodeBlock | undefined {
  if (part === undefined) return undefined
  const { text, span, boolean } = part
  if (boolean === undefined) return { text, span }
  const word = String(boolean)
  return { text: language === 'python' ? word.charAt(0).toUpperCase() + word.slice(1) : word, span }
}

function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  // A computed key loses its name in the type.
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V }
}

function readResult(
  fields: FunctionFields,
  kind: FunctionKind,
  diagnostics: Diagnostics,
): TypeTree | undefined {
  const rule: ResultRule = functionKinds[kind].result
  const given = fields.resultType
  switch (rule.rule) {
    case 'none':
      if (given !== undefined)
        diagnostics.error('FUNCTION_INVALID', `"resultType" has no place in ${fields.at.label}`, given.span, {
          detail: `A ${kind} function is called for its effects; what it returns is not used.`,
          hint: 'Remove "resultType".',
        })
      return undefined
    case 'required':
      if (given === undefined)
        diagnostics.error(
          'FUNCTION_INVALID',
          `${fields.at.label} does not say what it returns`,
          fields.at.span,
          {
            detail: `A function of kind ${kind} needs a result type.`,
            hint: 'Add "resultType", for example "resultType: json".',
          },
        )
      return given?.value
    case 'optional':
      return given?.value
    case 'default':
      return given?.value ?? treeOf(rule.type)
  }
}

/** A type without a notation of its own. */
export function treeOf(type: DataType): TypeTree {
  return { format: { notation: 'binary', type }, members: [] }
}

function readParameters(fields: FunctionFields, kind: FunctionKind): readonly FunctionParameter[] {
  const fixed = functionKinds[kind].arguments.map((name) => ({ name }))
  const own = (fields.parameters ?? []).flatMap((parameter) => {
    if (parameter === undefined || fixed.some(({ name }) => name === parameter.name.value)) return []
    const type = parameter.type.value.format.type
    const text = parameter.defaultValue?.value
    return [
      {
        name: parameter.name.value,
        type,
        ...(text === undefined ? {} : { defaultValue: valueOf(text, type) }),
      },
    ]
  })
  return [...fixed, ...own]
}

const numeric: ReadonlySet<string> = new Set(['byte', 'short', 'int', 'long', 'float', 'double'])

function valueOf(text: string, type: DataType): unknown {
  if (numeric.has(type.kind)) return Number(text)
  if (type.kind === 'boolean') return text.toLowerCase() === 'true'
  return text
}

function readStores(fields: FunctionFields, kind: FunctionKind, diagnostics: Diagnostics): readonly string[] {
  const stores = (fields.stores ?? []).flatMap((store) => (store === undefined ? [] : [store]))
  const [first] = stores
  if (first === undefined) return []
  if (!functionKinds[kind].stores) {
    diagnostics.warn('FUNCTION_INVALID', `${fields.at.label} of type ${kind} cannot use stores`, first.span, {
      hint: 'Remove "stores", or use an operation that may have them, such as "transformValue".',
    })
    return []
  }
  if (fields.module === undefined && fields.language?.value === 'python') {
    for (const { value, span } of stores)
      if (!identifier.test(value))
        diagnostics.error('FUNCTION_INVALID', `store "${value}" cannot be named in Python`, span, {
          hint: 'Give the store a name of letters, digits and "_".',
        })
  }
  return stores.map(({ value }) => value)
}
