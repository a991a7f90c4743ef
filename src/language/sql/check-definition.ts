import type { Diagnostics } from '../diagnostic.ts'
import type { QueryDefinition } from '../query-definition.ts'

/** Refuses what a pipeline can ask for around its SQL and cannot have yet. */
export function checkDefinition({ emission }: QueryDefinition, diagnostics: Diagnostics): void {
  if (emission.type.value !== 'immediate') {
    diagnostics.error(
      'SQL_NOT_SUPPORTED',
      `emission "${emission.type.value}" is not supported yet`,
      emission.type.span,
      {
        detail:
          'Under "smart" an event waits for the columns that it requires; in this version an event is joined when it arrives.',
        hint: 'Write "type: immediate", and use JOIN instead of LEFT JOIN to leave out events without a partner.',
      },
    )
    return
  }
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
