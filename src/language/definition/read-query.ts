import type { SourceSpan } from '../../base/errors.ts'
import type { Located, QueryDefinition, QueryDimension, QueryState } from '../query-definition.ts'
import type { QueryFields } from './fields/query-fields.ts'

/** How long records of event topics are kept where nothing is said. */
const ttlMsDefault = 3_600_000

/** A query's fields with their defaults. `name` is its key, or what the file calls it. */
export function readQuery(fields: QueryFields, name: Located<string>): QueryDefinition {
  const span = fields.at.span
  const { output, emission } = fields
  const columns = sound(emission?.require)
  const typeDefault = columns.length > 0 ? 'smart' : 'immediate'
  return {
    name,
    span,
    query: fields.query,
    output: { topic: output.topic, format: output.format, key: output.key, schema: output.schema },
    emission: { type: emission?.type ?? { value: typeDefault, span }, require: columns },
    state: readState(fields),
  }
}

function readState({ at, state, window }: QueryFields): QueryState {
  const { events, dimensions } = state ?? {}
  return {
    eventTtlMs: events?.default_ttl ?? window ?? { value: ttlMsDefault, span: at.span },
    overrides: (events?.overrides ?? []).flatMap((entry) => override(entry.name, entry.span, entry.value)),
    dimensions: sound(dimensions).map(dimension),
  }
}

function override(
  topic: string,
  span: SourceSpan,
  ttl: Located<number> | undefined,
): QueryState['overrides'] {
  return ttl === undefined ? [] : [{ topic: { value: topic, span }, ttlMs: ttl.value }]
}

function dimension({
  topic,
  join,
}: {
  topic: Located<string>
  join: Located<'lookup'> | undefined
}): QueryDimension {
  return { topic, join: join === undefined ? 'input' : 'lookup' }
}

/** The items that could be read; the others have been reported. */
function sound<T>(items: readonly (T | undefined)[] | undefined): readonly T[] {
  return (items ?? []).filter((item) => item !== undefined)
}
