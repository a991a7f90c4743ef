import { assert } from '../../base/assert.ts'
import type { DataType } from '../../data/types.ts'
import type { Diagnostics } from '../diagnostic.ts'
import { childrenOf, postOrder, type AstExpr } from './ast.ts'
import type { DuckDb, SqlFailure } from './duckdb.ts'
import type { QueryPlaces } from './places.ts'
import { refuseDepth } from './refusals.ts'

/** The type of each expression of the sound trees, by identity; `undefined` where it is none of ours. */
export type TypesOf = ReadonlyMap<AstExpr, DataType | undefined>

/**
 * Asks DuckDB for the type of every expression at once. If one is wrong, each tree is asked alone, and in a wrong tree
 * each expression, so that the innermost wrong one of each tree is reported.
 *
 * @returns the types of the trees that are sound; `undefined` where none could be asked for
 */
export async function typeExpressions(
  trees: readonly AstExpr[],
  scopes: number,
  { database, places, diagnostics }: { database: DuckDb; places: QueryPlaces; diagnostics: Diagnostics },
): Promise<TypesOf | undefined> {
  const batches = batchesOf(everyExpression(trees))
  if (batches === undefined) {
    refuseDepth(places, diagnostics)
    return undefined
  }
  const types = await typeAll(batches, scopes, database)
  if (types !== undefined) return types
  const sound: AstExpr[] = []
  for (const tree of trees) {
    const wrong = await innermost(tree, scopes, database)
    if (wrong === undefined) {
      sound.push(tree)
      continue
    }
    const explained = explain(wrong.failure)
    diagnostics.error('TYPE_INVALID', explained.message, places.of(wrong.expr), explained.extras)
  }
  assert(diagnostics.failed, 'expressions that fail together fail alone')
  return await typeAll(batchesOf(everyExpression(sound)) ?? [], scopes, database)
}

/** Each expression is written out with all below it, so that the cost grows with the depth: bounded per statement and in all. */
const batchSizeMax = 10_000
const totalSizeMax = 200_000

/** Children before parents, each once: an output column that others name stands in several trees. */
function everyExpression(trees: readonly AstExpr[]): readonly AstExpr[] {
  const seen = new Set<AstExpr>()
  const visit = (expr: AstExpr): void => {
    if (seen.has(expr)) return
    childrenOf(expr).forEach(visit)
    seen.add(expr)
  }
  trees.forEach(visit)
  return [...seen]
}

function batchesOf(expressions: readonly AstExpr[]): readonly (readonly AstExpr[])[] | undefined {
  const sizes = new Map<AstExpr, number>()
  const batches: AstExpr[][] = []
  let filled = Infinity
  let total = 0
  for (const expr of expressions) {
    const size = childrenOf(expr).reduce((sum, child) => sum + (sizes.get(child) ?? 1), 1)
    sizes.set(expr, size)
    total += size
    if (total > totalSizeMax) return undefined
    if (filled + size > batchSizeMax) {
      batches.push([])
      filled = 0
    }
    batches.at(-1)?.push(expr)
    filled += size
  }
  return batches
}

/** `undefined` where one of them is wrong. */
async function typeAll(
  batches: readonly (readonly AstExpr[])[],
  scopes: number,
  database: DuckDb,
): Promise<TypesOf | undefined> {
  const types = new Map<AstExpr, DataType | undefined>()
  for (const batch of batches) {
    const outcome = await database.typesOf(batch, scopes)
    if ('failure' in outcome) return undefined
    batch.forEach((expr, index) => types.set(expr, outcome.value[index]))
  }
  return types
}

/** A tree may pass as a whole and not in its parts: DuckDB leaves out what a constant makes needless. */
async function innermost(
  tree: AstExpr,
  scopes: number,
  database: DuckDb,
): Promise<{ readonly expr: AstExpr; readonly failure: SqlFailure } | undefined> {
  const parts = postOrder(tree)
  if ((await typeAll(batchesOf(parts) ?? [], scopes, database)) !== undefined) return undefined
  for (const expr of parts) {
    const outcome = await database.typesOf([expr], scopes)
    if ('failure' in outcome) return { expr, failure: outcome.failure }
  }
  return undefined
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
  return { message: first.replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase()), extras: {} }
}

/** DuckDB has types for literals of its own. */
function withoutLiterals(text: string): string {
  return text.replaceAll('INTEGER_LITERAL', 'INTEGER').replaceAll('STRING_LITERAL', 'VARCHAR')
}
