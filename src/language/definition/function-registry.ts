import type { SourceSpan } from '../../base/errors.ts'
import { isAssignable } from '../../data/assignable.ts'
import { describeType, type TypeTree } from '../../data/type-strings.ts'
import type { DataType } from '../../data/types.ts'
import { argumentsOf, functionKinds } from '../../topology/function-kinds.ts'
import type { FunctionKind, FunctionRef } from '../../topology/functions.ts'
import { suggest, type Diagnostics } from '../diagnostic.ts'
import type { NamedEntry, Reference } from '../schema/collections.ts'
import type { FunctionFields } from './fields/function-fields.ts'
import type { OperationNames } from './names.ts'
import { readFunction, treeOf, type DeclaredFunction } from './read-function.ts'

/** What a place in a pipeline wants of a function. */
export interface FunctionUse {
  readonly kind: FunctionKind
  /** The long name of the place: an inline function is called so. */
  readonly name: string
  /** The types of what the engine passes, in order; undefined where anything may come. */
  readonly arguments?: readonly (DataType | undefined)[]
  /** What the result must fit. */
  readonly result?: DataType
  /** Whether it may use stores. */
  readonly stores?: boolean
}

/** A function as a place in a pipeline calls it. */
export interface Callee {
  readonly ref: FunctionRef
  /** With a default where the kind has one. */
  readonly result: TypeTree
  readonly label: string
  readonly span: SourceSpan
}

export interface StoreUse {
  readonly store: string
  readonly label: string
  readonly span: SourceSpan
}

/** The functions of one definition: those under `functions` and those written where they are used. */
export class FunctionRegistry {
  readonly #diagnostics: Diagnostics
  readonly #file: string
  readonly #names: OperationNames
  /** Without a value: broken, which has been reported. */
  readonly #declared = new Map<string, DeclaredFunction | undefined>()
  /** Whether names that are not found may be declared where nothing could be read. */
  #namesUnknown = false
  /** All code that could be read, in the order of the file, whatever else is wrong. */
  readonly code: { readonly named: FunctionRef[]; readonly inline: FunctionRef[] } = { named: [], inline: [] }
  /** The stores that functions in use want; checked when all stores are known. */
  readonly storeUses: StoreUse[] = []

  constructor(diagnostics: Diagnostics, file: string, names: OperationNames) {
    this.#diagnostics = diagnostics
    this.#file = file
    this.#names = names
  }

  /** @param whole - whether these are all that the file declares */
  declare(entries: readonly NamedEntry<FunctionFields>[], { whole }: { readonly whole: boolean }): void {
    this.#namesUnknown = !whole
    for (const { name, value } of entries) {
      const context = {
        diagnostics: this.#diagnostics,
        file: this.#file,
        name,
        kind: 'generic',
        code: this.code.named,
      } as const
      this.#names.unique(name)
      this.#declared.set(name, value === undefined ? undefined : readFunction(value, context))
    }
  }

  /** All that are named, in the order of the file. */
  get named(): readonly FunctionRef[] {
    return [...this.#declared.values()].flatMap((known) => (known === undefined ? [] : [known.ref]))
  }

  /**
   * The function that a place in a pipeline names or holds, checked against what the place wants.
   *
   * @returns undefined where it does not fit; the reasons are in the diagnostics
   */
  use(reference: Reference<FunctionFields>, use: FunctionUse): Callee | undefined {
    const declared =
      reference.kind === 'name' ? this.#find(reference.name) : this.#inline(reference.value, use)
    if (declared === undefined) return undefined
    const span = reference.kind === 'name' ? reference.name.span : reference.span
    const { label, ref } = declared
    const result = this.#checkResult(declared, use, span)
    const fits = this.#checkArguments(declared, use, span)
    if (ref.stores.length > 0 && use.stores !== true) {
      this.#diagnostics.error('FUNCTION_INVALID', `${label} uses stores where that is not possible`, span, {
        detail:
          'Stores can be used by functions of operations on streams, not on tables and not in branches.',
        hint: 'Move the work with the store into a "transformValue" before.',
      })
      return undefined
    }
    if (result === undefined || !fits) return undefined
    for (const store of ref.stores) this.storeUses.push({ store, label, span })
    const resultType = result === nothing ? {} : { resultType: result.format.type }
    const typed = { ...ref, parameters: typedParameters(ref, use) }
    return {
      ref: ref.kind === use.kind ? typed : { ...typed, kind: use.kind, ...resultType },
      result,
      label,
      span,
    }
  }

  #find(name: { readonly value: string; readonly span: SourceSpan }): DeclaredFunction | undefined {
    const known = this.#declared.get(name.value)
    if (known === undefined && !this.#declared.has(name.value) && !this.#namesUnknown)
      this.#diagnostics.error('NAME_NOT_FOUND', `no function is called "${name.value}"`, name.span, {
        hint: suggest(name.value, [...this.#declared.keys()], 'functions'),
      })
    return known
  }

  #inline(fields: FunctionFields, use: FunctionUse): DeclaredFunction | undefined {
    // The place's name may hold what no language takes in a name.
    const own = fields.name?.value ?? use.name.replaceAll(/\W/g, '_')
    return readFunction(fields, {
      diagnostics: this.#diagnostics,
      file: this.#file,
      name: this.#names.unique(own),
      kind: use.kind,
      code: this.code.inline,
    })
  }

  #checkResult(
    { result, label }: DeclaredFunction,
    use: FunctionUse,
    span: SourceSpan,
  ): TypeTree | undefined {
    const rule = functionKinds[use.kind].result
    if (rule.rule === 'none') return nothing
    const wanted = use.result ?? (rule.rule === 'default' ? rule.type : undefined)
    if (result === undefined) {
      if (rule.rule === 'default') return treeOf(rule.type)
      this.#diagnostics.error(
        'FUNCTION_INVALID',
        `${label} is used as a ${use.kind}, but does not say what it returns`,
        span,
        {
          hint: 'Add "resultType" to the function.',
        },
      )
      return undefined
    }
    if (wanted === undefined || isAssignable(wanted, result.format.type)) return result
    this.#diagnostics.error(
      'TYPE_INVALID',
      `${label} returns ${describeType(result.format.type)}, which does not fit here`,
      span,
      {
        detail: `As a ${use.kind} it must return ${describeType(wanted)}.`,
        hint: `Change its "resultType".`,
      },
    )
    return undefined
  }

  #checkArguments({ ref, label }: DeclaredFunction, use: FunctionUse, span: SourceSpan): boolean {
    const wanted = argumentsOf(use.kind, ref.parameters)
    const fixedCount = functionKinds[ref.kind].arguments.length
    if (wanted.length < fixedCount || wanted.length > ref.parameters.length) {
      this.#diagnostics.error('FUNCTION_INVALID', `${label} cannot be used as a ${use.kind}`, span, {
        detail: `A ${use.kind} is called with ${listWords(wanted)}; this function takes ${listWords(ref.parameters.map(({ name }) => name))}.`,
        hint: `Use a function of type ${use.kind}.`,
      })
      return false
    }
    const stranger = ref.parameters.findIndex(({ type }, index) => {
      const given = use.arguments?.[index]
      return type !== undefined && given !== undefined && index < wanted.length && !isAssignable(type, given)
    })
    const parameter = ref.parameters[stranger]
    const given = use.arguments?.[stranger]
    if (parameter?.type === undefined || given === undefined) return true
    this.#diagnostics.error('TYPE_INVALID', `${label} does not take what it is called with`, span, {
      detail: `Its parameter "${parameter.name}" is ${describeType(parameter.type)}; here it gets ${describeType(given)}.`,
      hint: 'Change the type of the parameter, or convert the value before.',
    })
    return false
  }
}

/** With the types of what comes at this place: a whole number that is a `double` must reach the code as one. */
function typedParameters({ parameters }: FunctionRef, use: FunctionUse): FunctionRef['parameters'] {
  const count = argumentsOf(use.kind, parameters).length
  return parameters.map((parameter, index) => {
    const given = index < count ? use.arguments?.[index] : undefined
    return given === undefined || parameter.type !== undefined ? parameter : { ...parameter, type: given }
  })
}

/** The result of a function that is called for its effects. */
const nothing: TypeTree = treeOf({ kind: 'null' })

function listWords(words: readonly string[]): string {
  return words.length === 0 ? 'nothing' : words.map((word) => `"${word}"`).join(', ')
}
