/**
 * From a SQL pipeline to the nodes of a topology.
 *
 * DuckDB parses the text and knows the types; names are found here, against the columns that a catalog gives, so that a wrong one can be
 * answered with the nearest right one. All that a query has wrong is reported together: a part that means nothing is left out, the types
 * of the others are checked all the same.
 */
import type { Expr } from '../expr/expr.ts'
import type { Node, StoreSpec } from '../topology/topology.ts'
import type { Catalog, TopicValues } from './catalog.ts'
import { Diagnostics, nearest, suggest, type Diagnostic } from './diagnostic.ts'
import type { Located, QueryDefinition } from './query-definition.ts'
import { emptyBook, type SchemaBook } from './schema-book.ts'
import { checkDefinition, checkDimensions } from './sql/check-definition.ts'
import { bindQuery } from './sql/bind.ts'
import type { BoundOutput, BoundQuery } from './sql/bound-query.ts'
import { wrong } from './sql/expressions.ts'
import { readFrom } from './sql/from-clause.ts'
import { openScopes } from './sql/open-scopes.ts'
import { outputValues } from './sql/output-values.ts'
import { parseSelect } from './sql/parse-select.ts'
import { QueryPlaces } from './sql/places.ts'
import { planNodes } from './sql/plan-nodes.ts'
import { refuseClauses } from './sql/refusals.ts'
import { findByName } from './sql/scope.ts'
import { quoteTopicNames } from './sql/topic-names.ts'
import { checkWaitingJoins } from './sql/waiting-joins.ts'

/** What a query becomes; the stores are those of its dimensions. */
export interface QueryPlan {
  readonly name: string
  readonly nodes: readonly Node[]
  readonly stores: readonly StoreSpec[]
  /** What the output topic holds. */
  readonly values: TopicValues
}

export interface PlannedQuery {
  /** Absent where there is an error among the diagnostics. */
  readonly plan?: QueryPlan
  readonly diagnostics: readonly Diagnostic[]
}

/** Plans one SQL pipeline; what is wrong with it is in the diagnostics. */
export async function planQuery(
  definition: QueryDefinition,
  catalog: Catalog,
  schemas: SchemaBook = emptyBook,
): Promise<PlannedQuery> {
  const diagnostics = new Diagnostics(schemas)
  const inQuery = new Diagnostics()
  const bound = await readQuery(definition, catalog, inQuery)
  for (const diagnostic of inQuery.list()) diagnostics.add(diagnostic)
  checkDefinition(definition, diagnostics)
  const plan = bound && buildPlan(definition, bound, diagnostics)
  return { ...(plan === undefined ? {} : { plan }), diagnostics: diagnostics.list() }
}

async function readQuery(
  definition: QueryDefinition,
  catalog: Catalog,
  diagnostics: Diagnostics,
): Promise<BoundQuery | undefined> {
  const quoted = quoteTopicNames(definition.query.text)
  const places = new QueryPlaces(definition.query, quoted)
  // Only a query needs DuckDB: others start without it.
  const { DuckDb } = await import('./sql/duckdb.ts')
  using database = await DuckDb.open()
  const tools = { database, places, diagnostics }
  const node = await parseSelect(quoted, tools)
  if (node === undefined) return undefined
  refuseClauses(node, places, diagnostics)
  const before = diagnostics.errorCount
  const items = readFrom(node.from_table, places, diagnostics)
  if (diagnostics.errorCount === before) checkDimensions(definition, items, diagnostics)
  const scopes = await openScopes(items, definition, catalog, diagnostics)
  return scopes && (await bindQuery(node, scopes, tools))
}

function buildPlan(
  definition: QueryDefinition,
  bound: BoundQuery,
  diagnostics: Diagnostics,
): QueryPlan | undefined {
  const { output, name } = definition
  checkOutputNames(bound, diagnostics)
  checkWaitingJoins(bound, definition.emission.type.value, diagnostics)
  const keyColumn = findKey(definition, bound, diagnostics)
  const required = findRequired(definition, bound, diagnostics)
  if (bound.scopes.some((scope) => scope.topic === output.topic.value)) {
    const message = `topic "${output.topic.value}" is read and written by one query`
    diagnostics.error('TOPOLOGY_INVALID', message, output.topic.span, { hint: 'Write to another topic.' })
  }
  if (diagnostics.failed) return undefined
  const values = outputValues(definition, bound, diagnostics)
  if (values === undefined) return undefined
  const emission = definition.emission.type.value
  const [topic, value] = [output.topic.value, values.format]
  const target = { name: name.value, topic, keyColumn, emission, required, value }
  return { name: name.value, ...planNodes(bound, target), values }
}

function checkOutputNames({ outputs }: BoundQuery, diagnostics: Diagnostics): void {
  const seen = new Set<string>()
  for (const { name, span } of outputs) {
    // What is wrong itself may have no name.
    if (name !== '' && seen.has(name.toLowerCase())) {
      diagnostics.error('SQL_INVALID', `output column "${name}" occurs more than once`, span, {
        hint: `Give each its own name, for example: a.${name} AS a_${name}.`,
      })
    }
    seen.add(name.toLowerCase())
  }
}

function findKey(
  { output }: QueryDefinition,
  { outputs }: BoundQuery,
  diagnostics: Diagnostics,
): string | undefined {
  return output.key && findOutput(output.key, outputs, { what: 'output key', diagnostics })?.name
}

/** Under `smart`: that every output column which is required has a value. */
function findRequired(
  { emission }: QueryDefinition,
  { outputs }: BoundQuery,
  diagnostics: Diagnostics,
): readonly Expr[] {
  const found = emission.require.flatMap(
    (name) => findOutput(name, outputs, { what: 'required column', diagnostics }) ?? [],
  )
  if (emission.type.value !== 'smart') return []
  return found.map(({ expr }) => ({
    kind: 'call',
    function: 'is_not_null',
    args: [expr],
    type: { kind: 'boolean' },
  }))
}

interface FindOutputOptions {
  /** What the name is, in the message where no column has it. */
  readonly what: string
  readonly diagnostics: Diagnostics
}

/** An output column by its name: an exact match first, then whatever its case. */
function findOutput(
  { value, span }: Located<string>,
  outputs: readonly BoundOutput[],
  { what, diagnostics }: FindOutputOptions,
): BoundOutput | undefined {
  const found = outputs[findByName(outputs, value, ({ name }) => name)]
  // A column that is wrong itself has been reported, and what it would be called is not sure.
  const wrongNames = outputs.filter(({ expr }) => expr === wrong).map(({ name }) => name)
  if (found === undefined && nearest(value, wrongNames) === undefined) {
    const names = outputs.map(({ name }) => name)
    const hint = suggest(value, names, 'output columns')
    diagnostics.error('NAME_NOT_FOUND', `${what} "${value}" is not an output column of the query`, span, {
      hint,
    })
  }
  return found
}
