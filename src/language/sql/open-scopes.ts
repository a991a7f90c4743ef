import type { Catalog, TopicValues } from '../catalog.ts'
import { jsonRows } from '../catalog.ts'
import { nearest, type Diagnostics } from '../diagnostic.ts'
import type { QueryDefinition } from '../query-definition.ts'
import type { FromItem } from './from-clause.ts'
import type { Scope, TopicRole } from './scope.ts'

/**
 * Finds the columns of the topics of a query, and what the pipeline says of each.
 *
 * @returns `undefined` where the rest of the query could not be understood
 */
export async function openScopes(
  items: readonly FromItem[],
  definition: QueryDefinition,
  catalog: Catalog,
  diagnostics: Diagnostics,
): Promise<readonly Scope[] | undefined> {
  const scopes: Scope[] = []
  let complete = items.length > 0
  for (const [index, item] of items.entries()) {
    const topic = item.table.table_name
    const values = await findValues(item, { catalog, definition }, diagnostics)
    if (values === undefined) {
      complete = false
      continue
    }
    const alias = item.table.alias ? item.table.alias : topic
    if (scopes.some((scope) => scope.alias.toLowerCase() === alias.toLowerCase())) {
      diagnostics.error('SQL_INVALID', `"${alias}" names two tables of this query`, item.span, {
        hint: `Give one of them an alias: ${topic} AS other.`,
      })
      complete = false
    }
    scopes.push({
      index,
      topic,
      alias,
      ...values,
      span: item.span,
      ...factsOf(topic, definition),
      join: item.join,
    })
  }
  return complete && checkRoles(scopes, diagnostics) ? scopes : undefined
}

/** What is known of a topic's values; where nothing is, that is reported. */
async function findValues(
  { table, span }: FromItem,
  { catalog, definition }: { readonly catalog: Catalog; readonly definition: QueryDefinition },
  diagnostics: Diagnostics,
): Promise<TopicValues | undefined> {
  const topic = table.table_name
  const before = diagnostics.errorCount
  try {
    const values = await catalog.values(topic, catalog.format ?? jsonRows)
    if (catalog.isBroken?.(topic) === true) return undefined
    if (values !== undefined || diagnostics.errorCount > before) return values
  } catch (error) {
    diagnostics.addThrown(error, span)
    return undefined
  }
  diagnostics.error('NAME_NOT_FOUND', `the columns of topic "${topic}" are not known`, span, {
    hint: await hintFor(topic, catalog, definition.output.topic.value),
  })
  return undefined
}

const inCluster =
  'Columns are found in the records of a topic, where "--bootstrap" names its cluster, or declared under "topics".'

/** A query does not mean its own output. */
async function hintFor(topic: string, catalog: Catalog, output: string): Promise<string> {
  const names = ((await catalog.names?.()) ?? []).filter((name) => name !== output)
  const near = nearest(topic, names)
  if (near !== undefined && near !== topic) return `Did you mean "${near}"?`
  const check = near === undefined ? 'Check the name. ' : ''
  return `${check}${catalog.hint ?? inCluster}`
}

interface TopicFacts {
  readonly role: TopicRole
  readonly timeToLiveMs: number | undefined
}

function factsOf(topic: string, { state }: QueryDefinition): TopicFacts {
  const dimension = state.dimensions.find((candidate) => candidate.topic.value === topic)
  if (dimension !== undefined)
    return { role: dimension.join === 'lookup' ? 'lookup' : 'dimension', timeToLiveMs: undefined }
  const override = state.overrides.find((candidate) => candidate.topic.value === topic)
  const ttlMs = override?.ttlMs ?? state.eventTtlMs.value
  return { role: 'event', timeToLiveMs: ttlMs === 0 ? undefined : ttlMs }
}

/** A look-up does not drive a join that waits. */
function checkRoles([driver, ...joined]: readonly Scope[], diagnostics: Diagnostics): boolean {
  if (driver?.role !== 'lookup' || joined.every((scope) => scope.role === 'lookup')) return true
  diagnostics.error('SQL_NOT_SUPPORTED', `look-up "${driver.topic}" drives a join`, driver.span, {
    hint: 'Begin FROM with an event topic, or declare it without "join: lookup".',
  })
  return false
}
