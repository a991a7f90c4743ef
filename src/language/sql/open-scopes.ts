import type { Catalog, TopicValues } from '../catalog.ts'
import { jsonRows } from '../catalog.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { QueryDefinition } from '../query-definition.ts'
import type { FromItem } from './from-clause.ts'
import type { Scope } from './scope.ts'

/**
 * Finds the columns of the topics of a query, and checks that each may be joined.
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
    const values = await findValues(item, catalog, diagnostics)
    if (values === undefined) {
      complete = false
      continue
    }
    if (item.join !== undefined) checkDimension(item, definition, diagnostics)
    const alias = item.table.alias ? item.table.alias : topic
    if (scopes.some((scope) => scope.alias.toLowerCase() === alias.toLowerCase())) {
      diagnostics.error('SQL_INVALID', `"${alias}" names two tables of this query`, item.span, {
        hint: `Give one of them an alias: ${topic} AS other.`,
      })
      complete = false
    }
    scopes.push({ index, topic, alias, ...values, span: item.span, join: item.join })
  }
  return complete ? scopes : undefined
}

/** What is known of a topic's values; where nothing is, that is reported. */
async function findValues(
  { table, span }: FromItem,
  catalog: Catalog,
  diagnostics: Diagnostics,
): Promise<TopicValues | undefined> {
  const topic = table.table_name
  const before = diagnostics.errorCount
  try {
    const values = await catalog.values(topic, catalog.format ?? jsonRows)
    if (values !== undefined || diagnostics.errorCount > before) return values
  } catch (error) {
    diagnostics.addThrown(error, span)
    return undefined
  }
  diagnostics.error('NAME_NOT_FOUND', `the columns of topic "${topic}" are not known`, span, {
    hint: 'Check the name; a topic that is new needs records, or a declaration of its columns.',
  })
  return undefined
}

/** In this version every joined topic is a dimension that is loaded first. */
function checkDimension(item: FromItem, { state }: QueryDefinition, diagnostics: Diagnostics): void {
  const topic = item.table.table_name
  const dimension = state.dimensions.find((candidate) => candidate.topic.value === topic)
  if (dimension?.join === 'lookup') return
  const hint = `Declare it as a look-up: dimensions: [{ topic: ${topic}, join: lookup }].`
  const detail =
    'A look-up is loaded to its end before the first event, and a later row serves later events only.'
  if (dimension === undefined) {
    const message = `joining the event topic "${topic}" is not supported yet`
    diagnostics.error('SQL_NOT_SUPPORTED', message, item.span, { detail, hint })
    return
  }
  const message = `dimension "${topic}" would have to release earlier events, which is not supported yet`
  diagnostics.error('SQL_NOT_SUPPORTED', message, dimension.topic.span, { detail, hint })
}
