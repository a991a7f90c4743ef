import type { DataType } from '../../data/types.ts'
import type { Diagnostics } from '../diagnostic.ts'
import { postOrder, type AstExpr } from './ast.ts'
import type { DuckDb, SqlFailure } from './duckdb.ts'
import type { QueryPlaces } from './places.ts'

/** The type of each expression of the trees, by identity; `undefined` where it is none of ours. */
export type TypesOf = ReadonlyMap<AstExpr, DataType | undefined>

/**
 * Asks DuckDB for the type of every expression at once. If one is wrong, each tree is asked alone, and in a wrong tree
 * each expression, so that the innermost wrong one of each tree is reported.
 *
 * @returns `undefined` where something was reported
 */
export async function typeExpressions(
  trees: readonly AstExpr[],
  scopes: number,
  { database, places, diagnostics }: { database: DuckDb; places: QueryPlaces; diagnostics: Diagnostics },
): Promise<TypesOf | undefined> {
  const all = [...new Set(trees.flatMap(postOrder))]
  if (all.length === 0) return new Map()
  const outcome = await database.typesOf(all, scopes)
  if ('value' in outcome) return new Map(all.map((expr, index) => [expr, outcome.value[index]]))
  for (const tree of trees) {
    const alone = await database.typesOf([tree], scopes)
    if ('value' in alone) continue
    const { expr, failure } = await innermost(tree, scopes, database, alone.failure)
    const explained = explain(failure)
    diagnostics.error('TYPE_INVALID', explained.message, places.of(expr), explained.extras)
  }
  return undefined
}

async function innermost(
  tree: AstExpr,
  scopes: number,
  database: DuckDb,
  failure: SqlFailure,
): Promise<{ expr: AstExpr; failure: SqlFailure }> {
  for (const expr of postOrder(tree)) {
    const outcome = await database.typesOf([expr], scopes)
    if ('failure' in outcome) return { expr, failure: outcome.failure }
  }
  return { expr: tree, failure }
}

const noMatch = /^No function matches the given name and argument types '(.+?)\((.*)\)'\. You might/s

/** In our words where we know the case, else in DuckDB's first sentence. */
function explain({ message }: SqlFailure): { message: string; extras: { hint?: string } } {
  const match = noMatch.exec(message)
  if (match !== null) {
    const types = withoutLiterals(match[2] ?? '')
    return {
      message: `"${match[1]}" does not take (${types})`,
      extras: { hint: 'Cast an argument to a fitting type, for example with CAST(… AS DOUBLE).' },
    }
  }
  const first = withoutLiterals(message.split('\n')[0] ?? '').replace(/[.!]+$/, '')
  return { message: first.charAt(0).toLowerCase() + first.slice(1), extras: {} }
}

/** DuckDB has types for literals of its own. */
function withoutLiterals(text: string): string {
  return text.replaceAll('INTEGER_LITERAL', 'INTEGER').replaceAll('STRING_LITERAL', 'VARCHAR')
}
