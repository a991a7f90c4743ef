/** The parts of DuckDB's serialized syntax tree that are read here; `class` tells what an expression is. */
export type AstExpr =
  | ColumnRef
  | Constant
  | FunctionCall
  | Comparison
  | Conjunction
  | Operator
  | Cast
  | Case
  | Between
  | Subquery
  | Star
  | Lambda
  | OtherExpr

interface ExprBase {
  readonly type: string
  /** Empty where there is none. */
  readonly alias?: string
  /** In bytes of UTF-8; far beyond the text where it is not known. */
  readonly query_location?: number
}

export interface ColumnRef extends ExprBase {
  readonly class: 'COLUMN_REF'
  readonly column_names: readonly string[]
  /** Set when the name is resolved: the row that it belongs to, and the column in the catalog's list. */
  readonly bound?: { readonly scope: number; readonly index: number }
}

export interface Constant extends ExprBase {
  readonly class: 'CONSTANT'
  readonly value: ConstantValue
}

export interface ConstantValue {
  readonly type: {
    readonly id: string
    readonly type_info?: { readonly width?: number; readonly scale?: number } | null
  }
  readonly is_null: boolean
  readonly value?: unknown
}

export interface FunctionCall extends ExprBase {
  readonly class: 'FUNCTION'
  readonly function_name: string
  readonly children: readonly AstExpr[]
  readonly filter: AstExpr | null
  readonly order_bys?: { readonly type: string; readonly orders: readonly unknown[] }
  /** These DuckDB wants to see when it reads a call that was made here. */
  readonly schema?: string
  readonly catalog?: string
  readonly is_operator?: boolean
  readonly export_state?: boolean
  readonly distinct: boolean
  /** `x = ANY(list)`, written as `list_contains(list, x)` for its type. */
  readonly any?: boolean
}

export interface Comparison extends ExprBase {
  readonly class: 'COMPARISON'
  readonly left: AstExpr
  readonly right: AstExpr
}

export interface Conjunction extends ExprBase {
  readonly class: 'CONJUNCTION'
  readonly children: readonly AstExpr[]
}

export interface Operator extends ExprBase {
  readonly class: 'OPERATOR'
  readonly children: readonly AstExpr[]
}

export interface Cast extends ExprBase {
  readonly class: 'CAST'
  readonly child: AstExpr
  readonly try_cast: boolean
}

export interface Case extends ExprBase {
  readonly class: 'CASE'
  readonly case_checks: readonly { readonly when_expr: AstExpr; readonly then_expr: AstExpr }[]
  readonly else_expr: AstExpr
}

export interface Between extends ExprBase {
  readonly class: 'BETWEEN'
  readonly input: AstExpr
  readonly lower: AstExpr
  readonly upper: AstExpr
}

export interface Subquery extends ExprBase {
  readonly class: 'SUBQUERY'
  readonly subquery_type: string
  readonly comparison_type: string
  readonly child: AstExpr | null
  readonly subquery: { readonly node: SelectNode }
}

export interface Star extends ExprBase {
  readonly class: 'STAR'
  readonly relation_name: string
  readonly exclude_list: readonly string[]
  readonly qualified_exclude_list: readonly unknown[]
  readonly replace_list: readonly unknown[]
  readonly rename_list: readonly unknown[]
  readonly columns: boolean
}

/** `x -> y`: a lambda in a call that takes one, anywhere else the extraction of JSON. */
export interface Lambda extends ExprBase {
  readonly class: 'LAMBDA'
  readonly lhs: AstExpr
  readonly expr: AstExpr
}

export interface OtherExpr extends ExprBase {
  readonly class: 'WINDOW' | 'PARAMETER' | 'COLLATE' | 'DEFAULT' | 'POSITIONAL_REFERENCE'
}

export interface SelectNode {
  readonly type: string
  readonly modifiers: readonly { readonly type: string }[]
  readonly cte_map: { readonly map: readonly unknown[] }
  readonly select_list: readonly AstExpr[]
  readonly from_table: TableRef
  readonly where_clause: AstExpr | null
  readonly group_expressions: readonly AstExpr[]
  readonly aggregate_handling: string
  readonly having: AstExpr | null
  readonly sample: unknown
  readonly qualify: AstExpr | null
}

export type TableRef = BaseTable | Join | OtherTable

export interface BaseTable {
  readonly type: 'BASE_TABLE'
  readonly alias?: string
  readonly query_location?: number
  readonly table_name: string
  readonly column_name_alias: readonly string[]
  readonly sample: unknown
}

export interface Join {
  readonly type: 'JOIN'
  readonly query_location?: number
  readonly left: TableRef
  readonly right: TableRef
  readonly condition: AstExpr | null
  readonly join_type: string
  readonly ref_type: string
  readonly using_columns: readonly string[]
}

export interface OtherTable {
  readonly type: 'EMPTY' | 'SUBQUERY' | 'TABLE_FUNCTION' | 'EXPRESSION_LIST' | 'SHOW_REF' | 'PIVOT'
  readonly query_location?: number
}

/** The expressions directly below one. */
export function childrenOf(expr: AstExpr): readonly AstExpr[] {
  switch (expr.class) {
    case 'FUNCTION':
    case 'CONJUNCTION':
    case 'OPERATOR':
      return expr.children
    case 'COMPARISON':
      return [expr.left, expr.right]
    case 'CAST':
      return [expr.child]
    case 'CASE':
      return [...expr.case_checks.flatMap((check) => [check.when_expr, check.then_expr]), expr.else_expr]
    case 'BETWEEN':
      return [expr.input, expr.lower, expr.upper]
    default:
      return []
  }
}

/** The same expression over other children, as many as {@link childrenOf} gave. */
export function withChildren(expr: AstExpr, children: readonly AstExpr[]): AstExpr {
  const child = (index: number): AstExpr => children[index] ?? expr
  switch (expr.class) {
    case 'FUNCTION':
    case 'CONJUNCTION':
    case 'OPERATOR':
      return { ...expr, children }
    case 'COMPARISON':
      return { ...expr, left: child(0), right: child(1) }
    case 'CAST':
      return { ...expr, child: child(0) }
    case 'CASE':
      return {
        ...expr,
        case_checks: expr.case_checks.map((_, index) => ({
          when_expr: child(index * 2),
          then_expr: child(index * 2 + 1),
        })),
        else_expr: child(children.length - 1),
      }
    case 'BETWEEN':
      return { ...expr, input: child(0), lower: child(1), upper: child(2) }
    default:
      return expr
  }
}

/** All expressions of a tree, children before parents. */
export function postOrder(expr: AstExpr): readonly AstExpr[] {
  return [...childrenOf(expr).flatMap(postOrder), expr]
}
