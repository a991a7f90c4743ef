import type { Format } from '../../data/types.ts'
import { isSameType } from '../../data/assignable.ts'
import { typeName } from '../../expr/type-name.ts'
import type { Catalog, TopicValues } from '../catalog.ts'
import { jsonRows } from '../catalog.ts'
import type { DeclaredColumn, DeclaredTopic } from '../dev-section.ts'
import { suggest, type Diagnostics } from '../diagnostic.ts'
import type { QueryDefinition } from '../query-definition.ts'
import { planQuery, type PlannedQuery } from '../sql-query.ts'

/**
 * What a file knows of topics: what it declares, then what its own queries write into them, then what it was given. A query is planned
 * when another one asks for its columns, so that their order in the file does not matter.
 */
export class FileCatalog implements Catalog {
  readonly hint?: string
  readonly #declared: ReadonlyMap<string, DeclaredTopic>
  readonly #given: Catalog
  readonly #diagnostics: Diagnostics
  readonly #writers = new Map<string, QueryDefinition>()
  /** Topics whose declared columns have been compared with their schema. */
  readonly #compared = new Map<string, TopicValues>()
  readonly #planned = new Map<QueryDefinition, PlannedQuery>()
  /** Queries that wait for the columns of another one: they do not read their own result. */
  readonly #planning = new Set<QueryDefinition>()

  constructor(declared: readonly DeclaredTopic[], given: Catalog, diagnostics: Diagnostics) {
    this.#declared = new Map(
      Map.groupBy(declared, ({ topic }) => topic)
        .entries()
        .map(merged),
    )
    this.#given = given
    if (given.hint !== undefined) this.hint = given.hint
    this.#diagnostics = diagnostics
  }

  addQueries(queries: readonly QueryDefinition[]): void {
    for (const query of queries) this.#writers.set(query.output.topic.value, query)
  }

  async values(topic: string): Promise<TopicValues | undefined> {
    const { columns, format } = this.#declared.get(topic) ?? {}
    const written = format ?? this.#given.format ?? jsonRows
    // JSON has the columns that somebody says it has; a schema has its own.
    if (columns !== undefined && written.notation === 'json') return { columns, format: written }
    const writer = format === undefined ? this.#writers.get(topic) : undefined
    const found = await this.#find(topic, written, writer)
    if (columns === undefined) return found
    if (found === undefined) return { columns, format: written }
    return this.#compared.get(topic) ?? this.#compare(topic, columns, found)
  }

  isBroken(topic: string): boolean {
    const { broken = false, columns, format } = this.#declared.get(topic) ?? {}
    if (broken || columns !== undefined || format !== undefined) return broken
    const writer = this.#writers.get(topic)
    if (writer === undefined) return this.#given.isBroken?.(topic) === true
    const planned = this.#planned.get(writer)
    return planned !== undefined && planned.plan === undefined
  }

  async names(): Promise<readonly string[]> {
    const given = (await this.#given.names?.()) ?? []
    return [...new Set([...this.#declared.keys(), ...this.#writers.keys(), ...given])]
  }

  /** What another query of the file writes, or what is known elsewhere. */
  async #find(
    topic: string,
    format: Format,
    writer: QueryDefinition | undefined,
  ): Promise<TopicValues | undefined> {
    if (writer === undefined || this.#planning.has(writer)) return this.#given.values(topic, format)
    return (await this.plan(writer)).plan?.values
  }

  /** Of the columns of a schema those that the file declares, which must be there. */
  #compare(
    topic: string,
    declared: readonly DeclaredColumn[],
    { columns, format }: TopicValues,
  ): TopicValues {
    const names = columns.map(({ name }) => name)
    for (const { name, type, span } of declared) {
      const column = columns.find((candidate) => candidate.name === name)
      if (column === undefined)
        this.#diagnostics.error('NAME_NOT_FOUND', `the schema has no column "${name}"`, span, {
          hint: suggest(name, names, 'columns'),
        })
      else if (!isSameType(column.type, type))
        this.#diagnostics.error(
          'TYPE_INVALID',
          `column "${name}" is ${typeName(column.type)} in the schema, not ${typeName(type)}`,
          span,
          { hint: 'Leave the declaration out: the schema says what columns there are.' },
        )
    }
    const chosen = columns.filter(({ name }) => declared.some((one) => one.name === name))
    const values = { columns: chosen, format }
    this.#compared.set(topic, values)
    return values
  }

  /** Plans a query, once. */
  async plan(query: QueryDefinition): Promise<PlannedQuery> {
    const known = this.#planned.get(query)
    if (known !== undefined) return known
    this.#planning.add(query)
    const planned = await planQuery(query, this, this.#diagnostics.schemas)
    this.#planning.delete(query)
    this.#planned.set(query, planned)
    return planned
  }
}

/** What `topics` and `dev` say of one topic; what is said last goes first. */
function merged([topic, entries]: readonly [string, readonly DeclaredTopic[]]): [string, DeclaredTopic] {
  const said = <T>(of: (entry: DeclaredTopic) => T | undefined): T | undefined =>
    entries.map(of).findLast((value) => value !== undefined)
  return [
    topic,
    {
      topic,
      columns: said(({ columns }) => columns),
      format: said(({ format }) => format),
      broken: entries.some(({ broken }) => broken),
    },
  ]
}
