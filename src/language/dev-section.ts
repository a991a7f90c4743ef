import type { SourceSpan } from '../base/errors.ts'
import type { Column, Format } from '../data/types.ts'
import type { Located } from './query-definition.ts'

/** The data that `weft dev` puts into topics before a definition runs; without meaning for `weft run`. */
export interface DevSection {
  readonly span: SourceSpan
  readonly topics: readonly DevTopic[]
}

export interface DevTopic {
  readonly topic: Located<string>
  /** A path relative to the definition, or `npm:package/path` for a file of an installed package; absent: the topic starts empty. */
  readonly file: Located<string> | undefined
  readonly format: 'json' | 'jsonl' | 'csv' | 'parquet'
  /** The field that becomes the record key; absent: null keys. */
  readonly key: Located<string> | undefined
  /** The field with the event time; absent: the time of sending. */
  readonly eventTime: Located<string> | undefined
  /** Records per second; absent: as fast as possible. */
  readonly ratePerSecond: number | undefined
  /** At most so many records of the file; absent: all. */
  readonly limit: number | undefined
  readonly partitions: number
  /** Whether only the newest record of a key is kept. */
  readonly compact: boolean
}

/** What a file says about the values of a topic, for queries over it. */
export interface DeclaredTopic {
  readonly topic: string
  /** Absent: all that the values have. */
  readonly columns: readonly DeclaredColumn[] | undefined
  readonly format: Format | undefined
  /** Whether some of its columns could not be read. */
  readonly broken: boolean
}

export interface DeclaredColumn extends Column {
  readonly span: SourceSpan
}
