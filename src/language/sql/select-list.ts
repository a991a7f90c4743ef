import type { Diagnostics } from '../diagnostic.ts'
import { suggest } from '../diagnostic.ts'
import type { AstExpr, Star } from './ast.ts'
import { bind, type NameContext, type NameResolver } from './names.ts'
import type { QueryPlaces } from './places.ts'
import { findByName, isShared, type Scope } from './scope.ts'

/** One output column. */
export interface SelectItem {
  /** `undefined` for a computed column without an alias, until DuckDB has named it. */
  readonly name: string | undefined
  /** `undefined` where a name in it means nothing, which has been reported. */
  readonly expr: AstExpr | undefined
  /** As the author wrote it, for its place. */
  readonly written: AstExpr
}

interface SelectInput {
  readonly items: readonly AstExpr[]
  readonly scopes: readonly Scope[]
  readonly resolver: NameResolver
  readonly places: QueryPlaces
  readonly diagnostics: Diagnostics
}

/** Expands stars and resolves names; a column may use the aliases before it. Without items: a star stands for columns that are not known. */
export function readSelectList(input: SelectInput): {
  readonly items: readonly SelectItem[] | undefined
  readonly context: NameContext
} {
  const outputs = new Map<string, AstExpr>()
  const context: NameContext = { scopes: input.scopes, outputs }
  const items: SelectItem[] = []
  let complete = true
  for (const item of input.items) {
    if (item.class === 'STAR') {
      const expanded = expandStar(item, input)
      complete &&= expanded !== undefined
      items.push(...(expanded ?? []))
      continue
    }
    const expr = input.resolver.resolve(item, context)
    const alias = item.alias ?? ''
    if (alias !== '' && expr !== undefined) outputs.set(alias.toLowerCase(), expr)
    items.push({ name: alias === '' ? ownName(expr ?? item, input.scopes) : alias, expr, written: item })
  }
  return { items: complete ? items : undefined, context }
}

/** The name of a column that stands alone, and of a field of one. */
function ownName(expr: AstExpr, scopes: readonly Scope[]): string | undefined {
  if (expr.class === 'COLUMN_REF' && expr.bound !== undefined) {
    return scopes[expr.bound.scope]?.columns[expr.bound.index]?.name
  }
  if (expr.class === 'COLUMN_REF') return expr.column_names.at(-1)
  const field =
    expr.class === 'FUNCTION' && ['struct_extract', 'json_extract'].includes(expr.function_name)
      ? expr.children[1]
      : undefined
  return field?.class === 'CONSTANT' ? String(field.value.value) : undefined
}

/** `*` and `a.*`; columns that USING shares come once. */
function expandStar(
  star: Star,
  { scopes, places, diagnostics }: SelectInput,
): readonly SelectItem[] | undefined {
  if (
    star.columns ||
    star.replace_list.length > 0 ||
    star.rename_list.length > 0 ||
    star.qualified_exclude_list.length > 0
  ) {
    diagnostics.error('SQL_NOT_SUPPORTED', 'COLUMNS, REPLACE and RENAME are not supported', places.of(star), {
      hint: 'Name the columns; EXCLUDE (a, b) is supported.',
    })
    return undefined
  }
  const name = star.relation_name
  const chosen =
    name === ''
      ? scopes
      : scopes.filter((_, index) => index === findByName(scopes, name, (scope) => scope.alias))
  if (chosen.length === 0) {
    const aliases = scopes.map((scope) => scope.alias)
    const hint = suggest(name, aliases, 'aliases')
    diagnostics.error('NAME_NOT_FOUND', `"${name}" is not a topic or an alias here`, places.of(star), {
      hint,
    })
    return undefined
  }
  const excluded = new Set(star.exclude_list.map((column) => column.toLowerCase()))
  return chosen.flatMap((scope) =>
    scope.columns.flatMap((column, index) => {
      if (excluded.has(column.name.toLowerCase()) || (name === '' && isShared(scope, column.name))) return []
      return [{ name: column.name, expr: bind(star, scope, index), written: star }]
    }),
  )
}
