import type { Diagnostics } from '../diagnostic.ts'
import type { QueryDefinition } from '../query-definition.ts'

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
