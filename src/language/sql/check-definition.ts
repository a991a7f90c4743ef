import { suggest, type Diagnostics } from '../diagnostic.ts'
import type { QueryDefinition } from '../query-definition.ts'
import type { FromItem } from './from-clause.ts'

/** A dimension that no join looks into is a misspelt name. */
export function checkDimensions(
  { state }: QueryDefinition,
  items: readonly FromItem[],
  diagnostics: Diagnostics,
): void {
  const tables = items.flatMap(({ table, join }) => (join === undefined ? [] : [table.table_name]))
  const joined = [...new Set(tables)]
  for (const { topic } of state.dimensions) {
    if (joined.includes(topic.value)) continue
    diagnostics.error('NAME_NOT_FOUND', `dimension "${topic.value}" is not joined by the query`, topic.span, {
      hint: joined.length === 0 ? 'Join it, or leave it out.' : suggest(topic.value, joined, 'joined topics'),
    })
  }
}

/** Refuses what a pipeline can ask for around its SQL and cannot have yet. */
export function checkDefinition({ emission }: QueryDefinition, diagnostics: Diagnostics): void {
  if (emission.type.value !== 'immediate') return
  for (const column of emission.require) {
    diagnostics.warn(
      'DEFINITION_INVALID',
      `"${column.value}" is required, but emission is immediate`,
      column.span,
      {
        hint: 'Leave out "require", or use JOIN instead of LEFT JOIN.',
      },
    )
  }
}
