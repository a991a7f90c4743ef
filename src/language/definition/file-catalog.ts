import type { Column } from '../../data/types.ts'
import type { Catalog } from '../catalog.ts'
import type { DeclaredColumns } from '../dev-section.ts'
import type { QueryDefinition } from '../query-definition.ts'
import { planQuery, type PlannedQuery } from '../sql-query.ts'

/**
 * What a file knows of topics: what it declares, then what its own queries write into them, then what it was given. A query is planned
 * when another one asks for its columns, so that their order in the file does not matter.
 */
export class FileCatalog implements Catalog {
  readonly #declared: ReadonlyMap<string, readonly Column[]>
  readonly #given: Catalog
  readonly #writers = new Map<string, QueryDefinition>()
  readonly #planned = new Map<QueryDefinition, PlannedQuery>()
  /** Queries that wait for the columns of another one: they do not read their own result. */
  readonly #planning = new Set<QueryDefinition>()

  constructor(declared: readonly DeclaredColumns[], given: Catalog) {
    this.#declared = new Map(declared.map(({ topic, columns }) => [topic, columns]))
    this.#given = given
  }

  addQueries(queries: readonly QueryDefinition[]): void {
    for (const query of queries) this.#writers.set(query.output.topic.value, query)
  }

  async columns(topic: string): Promise<readonly Column[] | undefined> {
    const declared = this.#declared.get(topic)
    if (declared !== undefined) return declared
    const writer = this.#writers.get(topic)
    if (writer === undefined || this.#planning.has(writer)) return this.#given.columns(topic)
    return (await this.plan(writer)).plan?.columns
  }

  /** Plans a query, once. */
  async plan(query: QueryDefinition): Promise<PlannedQuery> {
    const known = this.#planned.get(query)
    if (known !== undefined) return known
    this.#planning.add(query)
    const planned = await planQuery(query, this)
    this.#planning.delete(query)
    this.#planned.set(query, planned)
    return planned
  }
}
