import type { Diagnostics } from '../diagnostic.ts'
import type { AstExpr, SelectNode } from './ast.ts'
import type { QueryPlaces } from './places.ts'

const later = 'Leave it out, or do it in a pipeline of a definition that reads the output of this query.'

/** Reports the clauses that a streaming query cannot have yet. */
export function refuseClauses(node: SelectNode, places: QueryPlaces, diagnostics: Diagnostics): void {
  const refuse = (what: string, keyword: string, hint = later): void =>
    diagnostics.error('SQL_NOT_SUPPORTED', `${what} is not supported yet`, places.keyword(keyword), { hint })
  for (const modifier of node.modifiers) {
    const clause = modifierClauses[modifier.type] ?? ['this clause', 'select']
    refuse(clause[0], clause[1])
  }
  if (node.cte_map.map.length > 0)
    refuse('WITH', 'with', 'Write the query without it; each topic is read by its own name.')
  if (node.group_expressions.length > 0 || node.aggregate_handling !== 'STANDARD_HANDLING')
    refuse('GROUP BY', 'group')
  if (node.having !== null) refuse('HAVING', 'having')
  if (node.qualify !== null) refuse('QUALIFY', 'qualify')
  if (node.sample !== null) refuse('USING SAMPLE', 'sample')
}

const modifierClauses: Readonly<Record<string, readonly [string, string]>> = {
  ORDER_MODIFIER: ['ORDER BY', 'order'],
  LIMIT_MODIFIER: ['LIMIT', 'limit'],
  LIMIT_PERCENT_MODIFIER: ['LIMIT', 'limit'],
  DISTINCT_MODIFIER: ['DISTINCT', 'distinct'],
}

const statementKinds: Readonly<Record<string, string>> = {
  SET_OPERATION_NODE: 'UNION, INTERSECT and EXCEPT are',
  RECURSIVE_CTE_NODE: 'WITH RECURSIVE is',
  CTE_NODE: 'WITH is',
}

/** The message for a statement that is not a plain SELECT. */
export function refuseStatement(type: string, places: QueryPlaces, diagnostics: Diagnostics): void {
  const what = statementKinds[type] ?? 'this kind of statement is'
  const keyword = ['union', 'intersect', 'except'].find((word) =>
    places.tokens.some((token) => token.text.toLowerCase() === word),
  )
  diagnostics.error('SQL_NOT_SUPPORTED', `${what} not supported yet`, places.keyword(keyword ?? 'with'), {
    hint: 'Write one SELECT per query; two queries may write to one topic.',
  })
}

/** Where an expression is too deep to be parsed, or all together are to be typed. */
export function refuseDepth(places: QueryPlaces, diagnostics: Diagnostics): void {
  diagnostics.error('SQL_NOT_SUPPORTED', 'the expressions of the query are too deep', places.at(undefined), {
    hint: 'Divide them over output columns or over two queries.',
  })
}

/** Why an expression of this kind is refused; `undefined` for one that is not. */
export function refusalOf(expr: AstExpr): { readonly message: string; readonly hint: string } | undefined {
  switch (expr.class) {
    case 'WINDOW':
      return { message: 'window functions are not supported yet', hint: later }
    case 'SUBQUERY':
      return { message: 'a subquery is not supported yet', hint: 'Join the topic instead.' }
    case 'PARAMETER':
      return {
        message: 'a parameter has no value in a definition',
        hint: 'Write the value, or ${NAME} for one from the environment.',
      }
    case 'COLLATE':
      return { message: 'COLLATE is not supported', hint: 'Compare lower(…) with lower(…).' }
    case 'DEFAULT':
    case 'POSITIONAL_REFERENCE':
      return { message: 'this expression has no value in a query', hint: 'Name a column.' }
    case 'STAR':
      return { message: 'a star stands alone in the select list', hint: 'Name the column.' }
    case 'FUNCTION':
      return expr.filter === null && !expr.distinct && (expr.order_bys?.orders.length ?? 0) === 0
        ? undefined
        : { message: 'aggregate functions are not supported yet', hint: later }
    default:
      return undefined
  }
}
