import { functionNames } from '../../expr/functions.ts'
import { nearest, type Diagnostics } from '../diagnostic.ts'
import type { FunctionCall } from './ast.ts'
import type { DuckDb } from './duckdb.ts'
import type { QueryPlaces } from './places.ts'

/** Says of each function that the library does not have what it is and what to do. */
export async function reportFunctions(
  calls: readonly FunctionCall[],
  database: DuckDb,
  places: QueryPlaces,
  diagnostics: Diagnostics,
): Promise<void> {
  for (const call of calls) {
    const name = call.function_name === 'count_star' ? 'count' : call.function_name
    const kind = await database.functionKind(name)
    const near = nearest(name, functionNames)
    const meant = near === undefined ? '' : `Did you mean "${near}"? `
    const span = places.of(call)
    if (kind === 'aggregate') {
      diagnostics.error('SQL_NOT_SUPPORTED', `aggregate function "${name}" is not supported yet`, span, {
        hint: 'Aggregate in a pipeline of a definition, with groupByKey and count, reduce or aggregate.',
      })
    } else if (kind === undefined) {
      const hint = near === undefined ? 'Use a function of the reference.' : meant.trim()
      diagnostics.error('NAME_NOT_FOUND', `function "${name}" does not exist`, span, { hint })
    } else {
      diagnostics.error(
        'SQL_NOT_SUPPORTED',
        `function "${name}" is DuckDB's, but not one that Weft has`,
        span,
        {
          hint: `${meant}Compute it in a TypeScript function of a pipeline before or after this query.`,
        },
      )
    }
  }
}
