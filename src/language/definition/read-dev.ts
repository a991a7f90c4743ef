import { extname } from 'node:path'
import type { DeclaredColumn, DeclaredTopic, DevSection, DevTopic } from '../dev-section.ts'
import type { Diagnostics } from '../diagnostic.ts'
import type { NamedEntry } from '../schema/collections.ts'
import type { Located } from '../query-definition.ts'
import type { DataType } from '../../data/types.ts'
import type { DevTopicFields, ExtraFields } from './fields/file-fields.ts'

/** The `dev` section with its defaults. */
export function readDev(fields: ExtraFields, diagnostics: Diagnostics): DevSection | undefined {
  if (fields.dev === undefined) return undefined
  const topics = fields.dev.topics.flatMap((entry) =>
    entry.value === undefined ? [] : readDevTopic(entry.name, entry, entry.value, diagnostics),
  )
  return { span: fields.dev.at.span, topics }
}

const endings: Readonly<Record<string, DevTopic['format']>> = {
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.parquet': 'parquet',
}

function readDevTopic(
  name: string,
  { span }: NamedEntry<unknown>,
  fields: DevTopicFields,
  diagnostics: Diagnostics,
): DevTopic[] {
  const { file, key, eventTime, rate, limit, partitions, compact } = fields
  const format =
    fields.format?.value ?? (file === undefined ? 'json' : endings[extname(file.value).toLowerCase()])
  if (format === undefined) {
    diagnostics.error(
      'DEFINITION_INVALID',
      `the ending of "${file?.value}" does not tell its format`,
      file?.span ?? span,
      {
        hint: 'Add "format: json", "jsonl", "csv" or "parquet".',
      },
    )
    return []
  }
  return [
    {
      topic: { value: name, span },
      file,
      format,
      key,
      eventTime,
      ratePerSecond: rate?.value,
      limit: limit?.value,
      partitions: partitions.value,
      compact: compact.value,
    },
  ]
}

/** What the file says about the values of topics, in `topics` and in `dev`. */
export function readTopics({ topics = [], dev }: ExtraFields): readonly DeclaredTopic[] {
  return [
    ...topics.map(({ name, value }) => ({
      topic: name,
      columns: columnsOf(value?.columns),
      format: value?.valueType?.value.format,
      broken: value === undefined || isBroken(value.columns),
    })),
    ...(dev?.topics ?? []).map(({ name, value }) => ({
      topic: name,
      columns: columnsOf(value?.columns),
      format: undefined,
      broken: value === undefined || isBroken(value.columns),
    })),
  ]
}

function isBroken(columns: readonly NamedEntry<unknown>[] = []): boolean {
  return columns.some(({ value }) => value === undefined)
}

function columnsOf(
  columns: readonly NamedEntry<Located<DataType>>[] | undefined,
): readonly DeclaredColumn[] | undefined {
  return columns?.flatMap(({ name, span, value }) =>
    value === undefined ? [] : [{ name, type: value.value, span }],
  )
}
