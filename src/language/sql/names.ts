import type { ErrorCode } from '../../base/errors.ts'
import { findFunction } from '../../expr/functions.ts'
import { nearest, suggest, type Diagnostics } from '../diagnostic.ts'
import {
  childrenOf,
  postOrder,
  withChildren,
  type AstExpr,
  type ColumnRef,
  type FunctionCall,
  type Subquery,
} from './ast.ts'
import type { QueryPlaces } from './places.ts'
import { refusalOf } from './refusals.ts'
import { columnIndex, findByName, isShared, type Scope } from './scope.ts'

/** What names mean at one place of a query. */
export interface NameContext {
  /** The scopes that can be seen there: all, or in an ON those up to the joined one. */
  readonly scopes: readonly Scope[]
  /** Output columns that may be named, already resolved, by lower-case name. */
  readonly outputs: ReadonlyMap<string, AstExpr>
}

/** Words that DuckDB reads as calls where no column has the name. */
const bareCalls: Readonly<Record<string, string>> = { current_timestamp: 'now', current_date: 'today' }
/** What the clock says. */
const clockNames = new Set(['now', 'today', 'get_current_timestamp'])

export function readsClock(expr: AstExpr): boolean {
  return postOrder(expr).some((part) => part.class === 'FUNCTION' && clockNames.has(part.function_name))
}

/**
 * Replaces each name by the column that it means, and reports all names that mean nothing and all expressions that are refused. Functions
 * that are not in the library are collected: only DuckDB can say what they are.
 */
export class NameResolver {
  readonly unknownFunctions: FunctionCall[] = []
  readonly #places: QueryPlaces
  readonly #diagnostics: Diagnostics

  constructor(places: QueryPlaces, diagnostics: Diagnostics) {
    this.#places = places
    this.#diagnostics = diagnostics
  }

  /** @returns `undefined` where something below was reported */
  resolve(expr: AstExpr, context: NameContext): AstExpr | undefined {
    if (expr.class === 'COLUMN_REF') return this.#column(expr, context)
    if (expr.class === 'SUBQUERY') return this.#subquery(expr, context)
    if (expr.class === 'LAMBDA')
      return this.resolve(callOf('json_extract', [expr.lhs, expr.expr], expr), context)
    const refusal = refusalOf(expr)
    if (refusal !== undefined) {
      this.#diagnostics.error('SQL_NOT_SUPPORTED', refusal.message, this.#places.of(expr), {
        hint: refusal.hint,
      })
      return undefined
    }
    const known = expr.class !== 'FUNCTION' || this.#checkFunction(expr)
    // The names in a lambda are its own; the call that takes it is refused.
    if (!known && childrenOf(expr).some((child) => child.class === 'LAMBDA')) return undefined
    const children = childrenOf(expr).map((child) => this.resolve(child, context))
    if (!known || children.includes(undefined)) return undefined
    return withChildren(expr, children as readonly AstExpr[])
  }

  #checkFunction(expr: FunctionCall): boolean {
    if (clockNames.has(expr.function_name) || findFunction(expr.function_name) !== undefined) return true
    this.unknownFunctions.push(expr)
    return false
  }

  #subquery(expr: Subquery, context: NameContext): AstExpr | undefined {
    const any = anyList(expr)
    if (any === undefined) {
      const refusal = refusalOf(expr)
      this.#report(
        'SQL_NOT_SUPPORTED',
        refusal?.message ?? 'a subquery is not supported',
        expr,
        refusal?.hint,
      )
      return undefined
    }
    const list = this.resolve(any.list, context)
    const value = this.resolve(any.value, context)
    return list && value && callOf('list_contains', [list, value], expr, true)
  }

  #column(expr: ColumnRef, context: NameContext): AstExpr | undefined {
    const names = expr.column_names
    const [name = '', ...rest] = names
    const qualified = this.#qualified(expr, context)
    if (qualified !== 'none') return qualified
    const owners = context.scopes.filter((scope) => columnIndex(scope, name) >= 0 && !isShared(scope, name))
    const [owner] = owners
    if (owners.length > 1) {
      const choices = owners.map((scope) => `${scope.alias}.${name}`).join(' or ')
      this.#report('NAME_NOT_FOUND', `column "${name}" is in more than one topic`, expr, `Write ${choices}.`)
      return undefined
    }
    if (owner !== undefined) return fieldsOf(expr, owner, columnIndex(owner, name), rest)
    const output = context.outputs.get(name.toLowerCase())
    if (output !== undefined && rest.length === 0) return output
    const call = bareCalls[name.toLowerCase()]
    if (call !== undefined && rest.length === 0) return callOf(call, [], expr)
    this.#reportUnknown(expr, context)
    return undefined
  }

  /** `alias.column`, where the alias may hold dots itself; `'none'` where the name begins with no alias. */
  #qualified(expr: ColumnRef, context: NameContext): AstExpr | undefined | 'none' {
    const names = expr.column_names
    for (let count = names.length - 1; count > 0; count--) {
      const at = findByName(context.scopes, names.slice(0, count).join('.'), (scope) => scope.alias)
      const scope = context.scopes[at]
      if (scope === undefined) continue
      const name = names[count] ?? ''
      const index = columnIndex(scope, name)
      if (index >= 0) return fieldsOf(expr, scope, index, names.slice(count + 1))
      const columns = scope.columns.map((column) => column.name)
      const hint = suggest(name, columns, 'columns')
      this.#report('NAME_NOT_FOUND', `column "${name}" is not in topic "${scope.topic}"`, expr, hint)
      return undefined
    }
    return 'none'
  }

  #reportUnknown(expr: ColumnRef, { scopes, outputs }: NameContext): void {
    const [name = '', second] = expr.column_names
    if (second !== undefined) {
      const hidden = scopes.find((scope) => scope.topic.toLowerCase() === name.toLowerCase())
      const aliases = scopes.map((scope) => scope.alias)
      const hint =
        hidden === undefined
          ? suggest(name, aliases, 'aliases')
          : `Write "${hidden.alias}": an alias takes the place of the topic's name.`
      this.#report('NAME_NOT_FOUND', `"${name}" is not a topic or an alias here`, expr, hint)
      return
    }
    const columns = scopes.flatMap((scope) => scope.columns.map((column) => column.name))
    const [only] = scopes
    const where =
      scopes.length === 1 && only !== undefined ? `topic "${only.topic}"` : 'any topic of this query'
    const names = [...new Set([...columns, ...outputs.keys()])]
    const isText = this.#places.isQuoted(expr) && nearest(name, names) === undefined
    const hint = isText
      ? `Text stands in single quotes: '${name}'. Double quotes are for names.`
      : suggest(name, names, 'columns')
    this.#report('NAME_NOT_FOUND', `column "${name}" is not in ${where}`, expr, hint)
  }

  #report(code: ErrorCode, message: string, expr: AstExpr, hint: string | undefined): void {
    this.#diagnostics.error(code, message, this.#places.of(expr), hint === undefined ? {} : { hint })
  }
}

/** A reference to a column, as DuckDB knows it: `s<scope>.c<index>`. */
export function bind(expr: Pick<ColumnRef, 'query_location'>, scope: Scope, index: number): ColumnRef {
  return {
    class: 'COLUMN_REF',
    type: 'COLUMN_REF',
    alias: '',
    ...(expr.query_location === undefined ? {} : { query_location: expr.query_location }),
    column_names: [`s${scope.index}`, `c${index}`],
    bound: { scope: scope.index, index },
  }
}

/** `column.field.field` of a struct, or of JSON that nothing more is known of. */
function fieldsOf(expr: ColumnRef, scope: Scope, index: number, fields: readonly string[]): AstExpr {
  const column = bind(expr, scope, index)
  let type = scope.columns[index]?.type
  return fields.reduce<AstExpr>((inner, name) => {
    const field: AstExpr = {
      class: 'CONSTANT',
      type: 'VALUE_CONSTANT',
      alias: '',
      value: { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: name },
    }
    const declared = type?.kind === 'struct' ? (type.fields ?? []) : []
    type = declared.find((candidate) => candidate.name === name)?.type
    return callOf(declared.length > 0 ? 'struct_extract' : 'json_extract', [inner, field], column)
  }, column)
}

function callOf(name: string, children: readonly AstExpr[], at: AstExpr, any = false): FunctionCall {
  return {
    class: 'FUNCTION',
    type: 'FUNCTION',
    alias: '',
    function_name: name,
    schema: '',
    catalog: '',
    children,
    filter: null,
    order_bys: { type: 'ORDER_MODIFIER', orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
    any,
    ...(at.query_location === undefined ? {} : { query_location: at.query_location }),
  }
}

/** The parts of `value = ANY(list)`: DuckDB turns the list into a subquery of its own. */
function anyList(expr: Subquery): { readonly list: AstExpr; readonly value: AstExpr } | undefined {
  const { node } = expr.subquery
  const [item] = node.select_list
  if (
    expr.subquery_type !== 'ANY' ||
    expr.comparison_type !== 'COMPARE_EQUAL' ||
    node.from_table.type !== 'EMPTY'
  ) {
    return undefined
  }
  const list = item?.class === 'FUNCTION' && item.function_name === 'unnest' ? item.children[0] : undefined
  return list === undefined || expr.child === null ? undefined : { list, value: expr.child }
}
