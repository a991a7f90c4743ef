/** Pipelines for tests, as the reader of YAML would hand them over. */
import type { SourceSpan } from '../../base/errors.ts'
import type { Column, DataType } from '../../data/types.ts'
import type { Catalog } from '../catalog.ts'
import { renderDiagnostic } from '../diagnostic.ts'
import type { QueryDefinition } from '../query-definition.ts'
import { planQuery, type PlannedQuery } from '../sql-query.ts'

const file = 'pipeline.yaml'

export interface PipelineFixture {
  readonly query: string
  /** Those that the query does not name are left out. */
  readonly dimensions?: Readonly<Record<string, 'lookup' | 'input'>>
  readonly key?: string
  readonly emission?: 'immediate' | 'smart'
  readonly require?: readonly string[]
}

/** The text of the file: `query: |` and the query below it, indented by two. */
export function sourceOf({ query }: PipelineFixture): string {
  return ['name: enriched', 'query: |', ...query.split('\n').map((line) => `  ${line}`), ''].join('\n')
}

export function definitionOf(fixture: PipelineFixture): QueryDefinition {
  const at = (line: number, column: number, length: number): SourceSpan => ({ file, line, column, length })
  const head = at(1, 1, 4)
  const { query } = fixture
  return {
    name: { value: 'enriched', span: at(1, 7, 8) },
    span: head,
    query: {
      text: query,
      span: at(3, 3, query.split('\n')[0]?.length ?? 1),
      locate: (offset, length) => {
        const before = query.slice(0, offset).split('\n')
        return at(before.length + 2, (before.at(-1)?.length ?? 0) + 3, length)
      },
    },
    output: {
      topic: { value: 'out', span: head },
      format: { value: 'json', span: head },
      key: fixture.key === undefined ? undefined : { value: fixture.key, span: head },
      schema: undefined,
    },
    emission: {
      type: { value: fixture.emission ?? 'immediate', span: head },
      require: (fixture.require ?? []).map((value) => ({ value, span: head })),
    },
    state: {
      eventTtlMs: { value: 3_600_000, span: head },
      overrides: [],
      dimensions: Object.entries(fixture.dimensions ?? {}).flatMap(([topic, join]) =>
        query.includes(topic) ? [{ topic: { value: topic, span: head }, join }] : [],
      ),
    },
  }
}

/** Columns by topic, `name type` each. */
export function catalogOf(topics: Readonly<Record<string, readonly Column[]>>): Catalog {
  return {
    values: (topic, format) => {
      const columns = Object.hasOwn(topics, topic) ? topics[topic] : undefined
      return Promise.resolve(columns && { columns, format })
    },
  }
}

export function columns(types: Readonly<Record<string, DataType['kind'] | DataType>>): readonly Column[] {
  return Object.entries(types).map(([name, type]) => ({
    name,
    type: typeof type === 'string' ? ({ kind: type } as DataType) : type,
  }))
}

/** Plans, and renders what is wrong as the author would see it. */
export async function plan(
  fixture: PipelineFixture,
  catalog: Catalog,
): Promise<PlannedQuery & { readonly text: string }> {
  const planned = await planQuery(definitionOf(fixture), catalog)
  const source = sourceOf(fixture)
  return { ...planned, text: planned.diagnostics.map((item) => renderDiagnostic(item, source)).join('\n\n') }
}
