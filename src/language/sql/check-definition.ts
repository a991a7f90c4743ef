import { suggest, type Diagnostics } from '../diagnostic.ts'
import type { QueryDefinition } from '../query-definition.ts'
import type { FromItem } from './from-clause.ts'

/** A dimension that the query does not name is a misspelt one. */
export function checkDimensions(
  { state }: QueryDefinition,
  items: readonly FromItem[],
  diagnostics: Diagnostics,
): void {
  const topics = [...new Set(items.map(({ table }) => table.table_name))]
  for (const { topic } of state.dimensions) {
    if (topics.includes(topic.value)) continue
    diagnostics.error('NAME_NOT_FOUND', `dimension "${topic.value}" is not joined by the query`, topic.span, {
      hint: suggest(topic.value, topics, 'topics of the query'),
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
