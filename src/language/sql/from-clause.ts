import type { SourceSpan } from '../../base/errors.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { AstExpr, BaseTable, Join, TableRef } from './ast.ts'
import type { QueryPlaces } from './places.ts'

/** A table of the FROM clause, and how it is joined to those before it. */
export interface FromItem {
  readonly table: BaseTable
  readonly span: SourceSpan
  readonly join:
    | {
        readonly type: 'inner' | 'left'
        readonly condition: AstExpr | undefined
        readonly using: readonly string[]
        readonly span: SourceSpan
      }
    | undefined
}

/** The tables from left to right. A join that is refused is reported, and read as another, so that names of its table are known. */
export function readFrom(ref: TableRef, places: QueryPlaces, diagnostics: Diagnostics): readonly FromItem[] {
  switch (ref.type) {
    case 'BASE_TABLE':
      refuseTableExtras(ref, places, diagnostics)
      return [{ table: ref, span: places.at(ref.query_location), join: undefined }]
    case 'JOIN': {
      const left = readFrom(ref.left, places, diagnostics)
      const right = readFrom(ref.right, places, diagnostics)
      const join = readJoin(ref, places, diagnostics)
      const [table, more] = right
      if (more !== undefined) {
        diagnostics.error(
          'SQL_NOT_SUPPORTED',
          'a join in parentheses is not supported',
          places.at(ref.query_location),
          {
            hint: 'Write the joins one after the other.',
          },
        )
      }
      return table === undefined ? left : [...left, { ...table, join }]
    }
    default:
      refuseTable(ref, places, diagnostics)
      return []
  }
}

function refuseTableExtras(ref: BaseTable, places: QueryPlaces, diagnostics: Diagnostics): void {
  if (ref.sample === null && ref.column_name_alias.length === 0) return
  const what = ref.sample === null ? 'a list of column names after an alias' : 'TABLESAMPLE'
  diagnostics.error('SQL_NOT_SUPPORTED', `${what} is not supported`, places.at(ref.query_location), {
    hint: 'Leave it out.',
  })
}

function readJoin(ref: Join, places: QueryPlaces, diagnostics: Diagnostics): NonNullable<FromItem['join']> {
  const span = ref.ref_type === 'CROSS' ? places.at(tableLocation(ref.right)) : places.at(ref.query_location)
  const refused = joinRefusal(ref)
  if (refused !== undefined) {
    diagnostics.error('SQL_NOT_SUPPORTED', `${refused} is not supported`, span, {
      hint: 'Use JOIN or LEFT JOIN with ON and an equality, for example: LEFT JOIN customers c ON o.customer_id = c.id.',
    })
  }
  return {
    type: ref.join_type === 'LEFT' ? 'left' : 'inner',
    condition: ref.condition ?? undefined,
    using: ref.using_columns,
    span,
  }
}

function joinRefusal(ref: Join): string | undefined {
  if (ref.ref_type === 'CROSS') return 'a comma or CROSS JOIN'
  if (ref.ref_type !== 'REGULAR') return `${ref.ref_type} JOIN`
  return ref.join_type === 'LEFT' || ref.join_type === 'INNER' ? undefined : `${ref.join_type} JOIN`
}

function tableLocation(ref: TableRef): number | undefined {
  return ref.type === 'JOIN' ? tableLocation(ref.left) : ref.query_location
}

function refuseTable(
  ref: Exclude<TableRef, BaseTable | Join>,
  places: QueryPlaces,
  diagnostics: Diagnostics,
): void {
  if (ref.type === 'EMPTY') {
    diagnostics.error('SQL_INVALID', 'the query reads no topic', places.keyword('select'), {
      hint: 'Add FROM with the name of a topic.',
    })
    return
  }
  const what = {
    SUBQUERY: 'a subquery in FROM',
    TABLE_FUNCTION: 'a table function',
    EXPRESSION_LIST: 'VALUES',
    SHOW_REF: 'DESCRIBE or SUMMARIZE',
    PIVOT: 'PIVOT',
  }[ref.type]
  diagnostics.error('SQL_NOT_SUPPORTED', `${what} is not supported`, places.at(ref.query_location), {
    hint: 'Read a topic by its name.',
  })
}
