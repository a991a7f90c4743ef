import type { SourceSpan } from '../../base/errors.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { Located } from '../query-definition.ts'
import type { Place } from '../schema/field.ts'

/** What a stream may read; a table reads one topic. */
export interface TopicsFields {
  readonly at: Place
  readonly topic: Located<string> | undefined
  readonly topics?: readonly (Located<string> | undefined)[] | undefined
  readonly topicPattern?: Located<string> | undefined
}

export interface ChosenTopics {
  /** None where a pattern says which they are. */
  readonly topics: readonly string[]
  readonly pattern?: string
  /** The same for the same topics. */
  readonly name: string
  readonly span: SourceSpan
}

/** The topics that a stream or table reads; undefined, and a complaint, where that is not said, or said twice. */
export function chosenTopics(fields: TopicsFields, diagnostics: Diagnostics): ChosenTopics | undefined {
  const { at, topic, topics, topicPattern } = fields
  const given = [topic, topics, topicPattern].filter((one) => one !== undefined)
  if (given.length !== 1) {
    const what =
      given.length === 0 ? '"topic" is missing in' : 'several of "topic", "topics" and "topicPattern" are in'
    diagnostics.error('DEFINITION_INVALID', `${what} ${at.label}`, at.span, {
      detail: 'A stream reads one topic, several, or all whose names fit a pattern.',
      hint: given.length === 0 ? 'Add, for example, "topic: orders".' : 'Keep one of them.',
    })
    return undefined
  }
  if (topic !== undefined) return { topics: [topic.value], name: topic.value, span: topic.span }
  if (topicPattern !== undefined) return ofPattern(topicPattern, diagnostics)
  return ofList(topics ?? [], at, diagnostics)
}

function ofPattern({ value, span }: Located<string>, diagnostics: Diagnostics): ChosenTopics | undefined {
  try {
    void new RegExp(value)
    return { topics: [], pattern: value, name: `/${value}/`, span }
  } catch (error) {
    diagnostics.error('DEFINITION_INVALID', `"topicPattern" is no regular expression: "${value}"`, span, {
      detail: error instanceof Error ? error.message : '',
      hint: 'Write, for example, "orders-.*"; it describes the whole name.',
    })
    return undefined
  }
}

function ofList(
  listed: readonly (Located<string> | undefined)[],
  { label, span }: Place,
  diagnostics: Diagnostics,
): ChosenTopics | undefined {
  // An entry that is broken has been reported.
  if (listed.includes(undefined)) return undefined
  const topics = [...new Set(listed.flatMap((entry) => entry?.value ?? []))]
  if (topics.length > 0) return { topics, name: topics.toSorted().join(', '), span: listed[0]?.span ?? span }
  diagnostics.error('DEFINITION_INVALID', `"topics" of ${label} is empty`, span, {
    hint: 'Name at least one topic.',
  })
  return undefined
}
