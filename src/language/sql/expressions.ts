import { StreamError, type ErrorCode } from '../../base/errors.ts'
import type { DataType } from '../../data/types.ts'
import { canCast } from '../../expr/casts.ts'
import { commonType, soughtType } from '../../expr/common-type.ts'
import { callFailure, compileExpr } from '../../expr/compile.ts'
import type { Expr, LiteralValue } from '../../expr/expr.ts'
import { findFunction } from '../../expr/functions.ts'
import { typeName } from '../../expr/type-name.ts'
import type { Diagnostics } from '../diagnostic.ts'
import {
  childrenOf,
  type AstExpr,
  type Case,
  type Constant,
  type FunctionCall,
  type Operator,
} from './ast.ts'
import { literalOf } from './literals.ts'
import type { QueryPlaces } from './places.ts'
import type { Scope } from './scope.ts'
import type { TypesOf } from './typing.ts'

const boolean: DataType = { kind: 'boolean' }

const comparisons: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '<>',
  COMPARE_LESSTHAN: '<',
  COMPARE_GREATERTHAN: '>',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHANOREQUALTO: '>=',
  COMPARE_DISTINCT_FROM: 'is_distinct_from',
  COMPARE_NOT_DISTINCT_FROM: 'is_not_distinct_from',
}

const operators: Readonly<Record<string, string>> = {
  OPERATOR_NOT: 'not',
  OPERATOR_IS_NULL: 'is_null',
  OPERATOR_IS_NOT_NULL: 'is_not_null',
  ARRAY_EXTRACT: 'list_extract',
}

/** What a wrong expression becomes, so that the rest of the query is looked at too. */
export const wrong: Expr = { kind: 'literal', value: null, type: { kind: 'null' } }

/** Turns typed syntax trees into expressions: the casts that SQL leaves unsaid are written out. */
export class ExpressionBuilder {
  readonly #types: TypesOf
  readonly #scopes: readonly Scope[]
  readonly #places: QueryPlaces
  readonly #diagnostics: Diagnostics

  constructor(types: TypesOf, scopes: readonly Scope[], places: QueryPlaces, diagnostics: Diagnostics) {
    this.#types = types
    this.#scopes = scopes
    this.#places = places
    this.#diagnostics = diagnostics
  }

  /** Whether the tree has types; what is wrong with another one has been reported. */
  isSound(tree: AstExpr): boolean {
    return this.#types.has(tree)
  }

  build(ast: AstExpr): Expr {
    if (!this.isSound(ast)) return wrong
    switch (ast.class) {
      case 'COLUMN_REF':
        return this.#column(ast)
      case 'CONSTANT':
        return this.#constant(ast)
      case 'FUNCTION':
        return this.#function(ast)
      case 'COMPARISON':
        return this.#call(comparisons[ast.type] ?? '', [this.build(ast.left), this.build(ast.right)], ast)
      case 'CONJUNCTION': {
        const args = ast.children.map((child) => this.condition(child))
        const name = ast.type === 'CONJUNCTION_AND' ? 'and' : 'or'
        return { kind: 'call', function: name, args, type: boolean }
      }
      case 'OPERATOR':
        return this.#operator(ast)
      case 'CAST':
        return this.cast(this.build(ast.child), this.#typeOf(ast), ast, ast.try_cast)
      case 'CASE':
        return this.#case(ast)
      case 'BETWEEN':
        return this.#call(
          'between',
          [ast.input, ast.lower, ast.upper].map((part) => this.build(part)),
          ast,
        )
      default:
        return this.#report('SQL_NOT_SUPPORTED', 'this expression is not supported', ast)
    }
  }

  /** An expression that stands where a truth value is wanted. */
  condition(ast: AstExpr): Expr {
    return this.cast(this.build(ast), boolean, ast)
  }

  /** The same value in another type; a literal is tried at once. */
  cast(input: Expr, type: DataType, ast: AstExpr, tolerant = false): Expr {
    if (sameType(input.type, type)) return input
    if (!canCast(input.type, type)) {
      const message = `a value of ${typeName(input.type)} cannot become ${typeName(type)}`
      return this.#report('TYPE_INVALID', message, ast)
    }
    const cast: Expr = { kind: 'cast', input, tolerant, type, at: this.#places.of(ast) }
    if (input.kind !== 'literal') return cast
    try {
      compileExpr(cast)([])
      return cast
    } catch (thrown) {
      if (!(thrown instanceof StreamError)) throw thrown
      return this.#report(
        'TYPE_INVALID',
        thrown.message,
        ast,
        `Write a value of ${typeName(type)}, or cast what it is compared or computed with.`,
      )
    }
  }

  #typeOf(ast: AstExpr): DataType {
    const type = this.#types.get(ast)
    if (type !== undefined) return type
    this.#diagnostics.error(
      'TYPE_INVALID',
      'this expression has a type that is not supported',
      this.#places.of(ast),
      {
        hint: 'Cast it or what it is made of to BIGINT, DOUBLE or DECIMAL.',
      },
    )
    return { kind: 'any' }
  }

  #column(ast: Extract<AstExpr, { class: 'COLUMN_REF' }>): Expr {
    const { scope = 0, index = 0 } = ast.bound ?? {}
    const column = this.#scopes[scope]?.columns[index]
    if (column === undefined) return wrong
    return { kind: 'column', scope, index, name: column.name, type: column.type }
  }

  #constant(ast: Constant): Expr {
    if (ast.value.is_null) return wrong
    const value: LiteralValue | undefined = literalOf(ast.value)
    if (value === undefined)
      return this.#report('SQL_NOT_SUPPORTED', 'a literal of this type is not supported', ast)
    return { kind: 'literal', value, type: this.#typeOf(ast) }
  }

  #function(ast: FunctionCall): Expr {
    const args = ast.children.map((child) => this.build(child))
    if (ast.any === true) return this.#any(args, ast)
    const type = this.#typeOf(ast)
    const name = ast.function_name
    if (name === 'now' || name === 'get_current_timestamp')
      return { kind: 'call', function: 'now', args, type }
    if (name === 'today') {
      const now: Expr = { kind: 'call', function: 'now', args, type: { kind: 'timestamp' } }
      return { kind: 'cast', input: now, tolerant: false, type }
    }
    const [only] = args
    if (name === '+' && args.length === 1 && only !== undefined) return this.cast(only, type, ast)
    return this.#call(this.#variant(name, args), args, ast)
  }

  /** `value = ANY(list)`; of a list of unknown content each element is taken as it is. */
  #any([list, value]: readonly Expr[], ast: AstExpr): Expr {
    const of = list?.type.kind === 'list' ? list.type.of : undefined
    if (list === undefined || value === undefined || of === undefined) {
      return this.#report('TYPE_INVALID', 'ANY takes a list', ast)
    }
    const subject = of.kind === 'any' ? value : this.cast(value, soughtType(of, value.type), ast)
    return { kind: 'call', function: 'any', args: [subject, list], type: boolean }
  }

  /** DuckDB has one name for sums of numbers and of times; the library has two. */
  #variant(name: string, args: readonly Expr[]): string {
    if (name === '-' && args.length === 1) return 'negate'
    const timed = args.some((arg) => ['timestamp', 'date', 'time', 'interval'].includes(arg.type.kind))
    return timed && ['+', '-', '*'].includes(name) ? `time ${name}` : name
  }

  #operator(ast: Operator): Expr {
    const args = ast.children.map((child) => this.build(child))
    const type = this.#typeOf(ast)
    switch (ast.type) {
      case 'OPERATOR_COALESCE':
        return {
          kind: 'call',
          function: 'coalesce',
          args: this.#castAll(args, () => type, ast),
          type,
        }
      case 'COMPARE_IN':
        return this.#in(args, ast)
      case 'COMPARE_NOT_IN':
        return { kind: 'call', function: 'not', args: [this.#in(args, ast)], type: boolean }
      default: {
        const name = operators[ast.type]
        if (name === undefined)
          return this.#report('SQL_NOT_SUPPORTED', 'this operator is not supported', ast)
        return this.#call(name, args, ast)
      }
    }
  }

  /** All choices are compared in one type. */
  #in(args: readonly Expr[], ast: Operator): Expr {
    const common = args.reduce<DataType | undefined>((type, arg) => type && commonType(type, arg.type), {
      kind: 'null',
    })
    if (common === undefined) {
      const types = args.map((arg) => typeName(arg.type)).join(', ')
      return this.#report('TYPE_INVALID', `IN cannot compare (${types})`, ast)
    }
    return {
      kind: 'call',
      function: 'in',
      args: this.#castAll(args, () => common, ast),
      type: boolean,
    }
  }

  #case(ast: Case): Expr {
    const type = this.#typeOf(ast)
    return {
      kind: 'case',
      branches: ast.case_checks.map((check) => ({
        when: this.condition(check.when_expr),
        value: this.cast(this.build(check.then_expr), type, check.then_expr),
      })),
      otherwise: this.cast(this.build(ast.else_expr), type, ast.else_expr),
      type,
    }
  }

  #call(name: string, args: readonly Expr[], ast: AstExpr): Expr {
    const type = this.#typeOf(ast)
    const types = args.map((arg) => arg.type)
    const taken = findFunction(name)?.take(types, type)
    if (taken === undefined) {
      const list = types.map(typeName).join(', ')
      const hint = list.includes('JSON')
        ? "Give it a type: CAST(x AS DOUBLE) for a number, x ->> '$' for text; or declare the column's under topics, where records differ."
        : undefined
      return this.#report('TYPE_INVALID', `"${name}" does not take (${list})`, ast, hint)
    }
    const cast = this.#castAll(args, (arg, index) => taken[index] ?? arg.type, ast)
    const at = this.#places.of(ast)
    const call = { kind: 'call', function: name.toLowerCase(), args: cast, type, at } as const
    const failure = callFailure(call)
    return failure === undefined ? call : this.#report('SQL_INVALID', failure.message, ast, failure.hint)
  }

  #castAll(
    args: readonly Expr[],
    typeOf: (arg: Expr, index: number) => DataType,
    ast: AstExpr,
  ): readonly Expr[] {
    const children = childrenOf(ast)
    return args.map((arg, index) => this.cast(arg, typeOf(arg, index), children[index] ?? ast))
  }

  #report(code: ErrorCode, message: string, ast: AstExpr, hint?: string): Expr {
    this.#diagnostics.error(code, message, this.#places.of(ast), hint === undefined ? {} : { hint })
    return wrong
  }
}

function sameType(a: DataType, b: DataType): boolean {
  if (a.kind === 'decimal' && b.kind === 'decimal') return a.precision === b.precision && a.scale === b.scale
  return a.kind === b.kind && a.kind !== 'decimal'
}
