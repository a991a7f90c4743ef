import type { SourceSpan } from '../../base/errors.ts'
import type {
  Located,
  QueryDefinition,
  QueryDimension,
  QueryOutput,
  QueryState,
} from '../query-definition.ts'
import type { QueryFields } from './fields/query-fields.ts'

/** How long records of event topics are kept where nothing is said. */
const ttlMsDefault = 3_600_000

/**
 * A query's fields with their defaults; what is broken has been reported, and what stands in its place can do no harm.
 *
 * @param name - its key, or what the file calls it
 * @returns undefined where there is no query, or one about whose topics nothing can be said
 */
export function readQuery(fields: QueryFields, name: Located<string>): QueryDefinition | undefined {
  const { query, emission, broken } = fields
  const { span } = fields.at
  if (query === undefined || broken.has('state') || fields.state?.broken.has('dimensions') === true)
    return undefined
  // What is required has a meaning only beside the type.
  const columns = emission?.broken.has('type') === true ? [] : sound(emission?.require)
  const typeDefault = columns.length > 0 ? 'smart' : 'immediate'
  return {
    name,
    span,
    query,
    output: readOutput(fields),
    emission: { type: emission?.type ?? { value: typeDefault, span }, require: columns },
    state: readState(fields),
  }
}

/** No topic has an empty name: that of the output is not known. */
function readOutput({ output, at }: QueryFields): QueryOutput {
  const { topic = { value: '', span: at.span }, key, format, schema } = output ?? {}
  if (format === undefined) return { topic, key, format: { value: 'json', span: at.span }, schema: undefined }
  return { topic, key, format, schema }
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
