import type { DataType } from '../../data/types.ts'
import type { Expr } from '../../expr/expr.ts'
import { allOf } from '../../expr/conjunction.ts'
import { commonType, isNumberType } from '../../expr/common-type.ts'
import { typeName } from '../../expr/type-name.ts'
import { suggest, type Diagnostics } from '../diagnostic.ts'
import type { AstExpr, SelectNode } from './ast.ts'
import type { BoundJoin, BoundOutput, BoundQuery } from './bound-query.ts'
import type { DuckDb } from './duckdb.ts'
import { ExpressionBuilder, wrong } from './expressions.ts'
import { reportFunctions } from './function-names.ts'
import { splitJoin, type JoinTerms, type KeyTerm } from './join-terms.ts'
import { bind, NameResolver, readsClock } from './names.ts'
import type { QueryPlaces } from './places.ts'
import { columnIndex, isShared, type Scope } from './scope.ts'
import { readSelectList, type SelectItem } from './select-list.ts'
import { typeExpressions } from './typing.ts'

/** What the steps of binding share. */
export interface BindTools {
  readonly database: DuckDb
  readonly places: QueryPlaces
  readonly diagnostics: Diagnostics
}

interface ResolvedQuery {
  readonly scopes: readonly Scope[]
  readonly joins: readonly { readonly scope: Scope; readonly terms: JoinTerms }[]
  readonly where: AstExpr | undefined
  readonly items: readonly SelectItem[]
}

/**
 * Gives names and types to a query: first all names, then the types of all expressions whose names are known, so that everything is
 * reported together.
 *
 * @returns where something was reported, what the rest of the query is; `undefined` where the output columns are not known
 */
export async function bindQuery(
  node: SelectNode,
  scopes: readonly Scope[],
  tools: BindTools,
): Promise<BoundQuery | undefined> {
  const { database, places, diagnostics } = tools
  const resolver = new NameResolver(places, diagnostics)
  const { items, context } = readSelectList({
    items: node.select_list,
    scopes,
    resolver,
    places,
    diagnostics,
  })
  const joins = scopes.flatMap((scope) => {
    const terms = scope.join && resolveJoin(scope, scopes, resolver, tools)
    return terms === undefined ? [] : [{ scope, terms }]
  })
  const where = node.where_clause === null ? undefined : resolver.resolve(node.where_clause, context)
  await reportFunctions(resolver.unknownFunctions, database, places, diagnostics)
  if (items === undefined) return undefined
  return typeQuery({ scopes, joins, where, items }, tools)
}

function resolveJoin(
  scope: Scope,
  scopes: readonly Scope[],
  resolver: NameResolver,
  { places, diagnostics }: BindTools,
): JoinTerms | undefined {
  const { join } = scope
  if (join === undefined) return undefined
  const visible = scopes.slice(0, scope.index + 1)
  if (join.using.length > 0) return resolveUsing(scope, visible, diagnostics)
  const condition =
    join.condition && resolver.resolve(join.condition, { scopes: visible, outputs: new Map() })
  if (condition === undefined) return undefined
  const terms = splitJoin(condition, scope.index)
  if (terms.keys.length > 0) return terms
  diagnostics.error('SQL_NOT_SUPPORTED', `the join with "${scope.alias}" has no key`, places.of(condition), {
    detail: `A join needs an equality between something of "${scope.alias}" alone and something of the tables before it.${clockNote(condition)}`,
    hint: `Write for example: ON ${scopes[0]?.alias}.id = ${scope.alias}.id, and further conditions with AND.`,
  })
  return undefined
}

function clockNote(condition: AstExpr): string {
  return readsClock(condition)
    ? ' Rows are kept by their key, which the time must not change: now() is no part of it.'
    : ''
}

function resolveUsing(
  scope: Scope,
  visible: readonly Scope[],
  diagnostics: Diagnostics,
): JoinTerms | undefined {
  const keys = (scope.join?.using ?? []).flatMap((name): KeyTerm[] => {
    const owner = visible.find(
      (earlier) => earlier !== scope && columnIndex(earlier, name) >= 0 && !isShared(earlier, name),
    )
    const own = columnIndex(scope, name)
    if (owner === undefined || own < 0) {
      const [where, among] =
        own < 0
          ? [`topic "${scope.topic}"`, [scope]]
          : ['any topic before the join', visible.filter((earlier) => earlier !== scope)]
      const names = among.flatMap(({ columns }) => columns.map((column) => column.name))
      const message = `column "${name}" of USING is not in ${where}`
      diagnostics.error('NAME_NOT_FOUND', message, scope.join?.span ?? scope.span, {
        hint: suggest(name, names, 'columns'),
      })
      return []
    }
    const value = bind({}, owner, columnIndex(owner, name))
    return [{ value, own: bind({}, scope, own), term: value }]
  })
  return { keys, residual: [] }
}

async function typeQuery(query: ResolvedQuery, tools: BindTools): Promise<BoundQuery | undefined> {
  const { scopes, joins, where, items } = query
  const { database, places, diagnostics } = tools
  for (const scope of scopes) await database.createRow(scope.index, scope.columns)
  const trees = [
    ...items.flatMap(({ expr }) => expr ?? []),
    ...joins.flatMap(({ terms }) => [
      ...terms.keys.flatMap(({ value, own }) => [value, own]),
      ...terms.residual,
    ]),
    ...(where === undefined ? [] : [where]),
  ]
  const types = await typeExpressions(trees, scopes.length, tools)
  if (types === undefined) return undefined
  const builder = new ExpressionBuilder(types, scopes, places, diagnostics)
  const outputs: BoundOutput[] = []
  for (const item of items) {
    const expr = item.expr === undefined ? wrong : builder.build(item.expr)
    const name = item.name ?? (expr === wrong ? '' : await nameOutput(item, tools))
    outputs.push({ name, expr, span: places.of(item.written) })
  }
  const sound = joins.filter(({ terms }) =>
    terms.keys.every(({ value, own }) => builder.isSound(value) && builder.isSound(own)),
  )
  return {
    scopes,
    joins: sound.map(({ scope, terms }) => bindJoin(scope, terms, builder, tools)),
    where: where && builder.condition(where),
    outputs,
  }
}

/** A column without a name gets its text, as in DuckDB, and a warning. */
async function nameOutput(item: SelectItem, { database, places, diagnostics }: BindTools): Promise<string> {
  const name = await database.nameOf(item.written)
  diagnostics.warn('SQL_INVALID', `an output column is called "${name}"`, places.of(item.written), {
    hint: 'Give it a name with AS.',
  })
  return name
}

function bindJoin(
  scope: Scope,
  { keys, residual }: JoinTerms,
  builder: ExpressionBuilder,
  tools: BindTools,
): BoundJoin {
  const conditions = residual.map((term) => builder.condition(term))
  const sides = keys.map((key) => bindKey(key, scope, builder, tools))
  return {
    scope,
    type: scope.join?.type ?? 'inner',
    ownKey: sides.map(({ own }) => own),
    key: sides.map(({ value }) => value),
    residual: allOf(conditions),
  }
}

/** Both sides of a key are looked up as values: they need one form. */
function bindKey(
  key: KeyTerm,
  scope: Scope,
  builder: ExpressionBuilder,
  { places, diagnostics }: BindTools,
): { readonly own: Expr; readonly value: Expr } {
  const [own, value] = [builder.build(key.own), builder.build(key.value)]
  const type = keyType(own.type, value.type)
  if (type !== undefined) return { own: fit(own, key.own), value: fit(value, key.value) }
  const using = scope.join !== undefined && scope.join.using.length > 0
  const place = using ? scope.join.span : places.of(key.term)
  const message = `the join compares ${typeName(value.type)} with ${typeName(own.type)}`
  diagnostics.error('TYPE_INVALID', message, place, {
    detail: `Both sides of a key are text, numbers, truth values or times alike.${jsonNote(value.type, own.type)}`,
    hint: 'Cast one of them to the type of the other.',
  })
  return { own, value }

  function fit(expr: Expr, ast: AstExpr): Expr {
    return type === 'as it is' ? expr : builder.cast(expr, type as DataType, ast)
  }
}

/** The type that both sides of a key are cast to; whole numbers and decimals are equal as they are. */
function keyType(own: DataType, value: DataType): DataType | 'as it is' | undefined {
  const family = keyFamily(own)
  if (family === undefined || family !== keyFamily(value)) return undefined
  return family === 'time' || [own, value].some(({ kind }) => kind === 'float')
    ? commonType(own, value)
    : 'as it is'
}

function keyFamily(type: DataType): string | undefined {
  if (isNumberType(type)) return 'number'
  if (type.kind === 'string' || type.kind === 'uuid' || type.kind === 'enum') return 'text'
  if (type.kind === 'timestamp' || type.kind === 'date') return 'time'
  return type.kind === 'boolean' || type.kind === 'time' ? type.kind : undefined
}

/** What a reader of "JSON" has to know where no column was declared so. */
function jsonNote(...types: readonly DataType[]): string {
  if (!types.some((type) => typeName(type) === 'JSON')) return ''
  return ' A column is JSON where records hold values of several types; declare another under topics.'
}
