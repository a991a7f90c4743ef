import type { Column, Format } from '../data/types.ts'

/** What a query has to know about the values of a topic. */
export interface TopicValues {
  readonly columns: readonly Column[]
  readonly format: Format
}

/** What a front end may ask about topics. It is handed in: a front end opens no connection itself. */
export interface Catalog {
  /** How the values of topics are written of which nothing is said; absent: as JSON. */
  readonly format?: Format
  /**
   * The columns of a topic's values, in order, and the format that reads them; undefined where nothing is known of the topic.
   *
   * @param format - what the definition says of the values
   * @throws StreamError `SCHEMA_NOT_FOUND`, `SCHEMA_INVALID`; what keeps a registry from answering
   */
  values(topic: string, format: Format): Promise<TopicValues | undefined>
  /** Whether what the definition says of the topic's values is wrong, which has been reported; asked for after {@link values}. */
  isBroken?(topic: string): boolean
  /** Where columns are found, as a hint for whoever reads a topic without; absent: in the records of a cluster. */
  readonly hint?: string
  /** The topics that there are, for suggestions; absent: only whoever is asked for one knows. */
  names?(): Promise<readonly string[]>
}

export const jsonRows: Format = { notation: 'json', type: { kind: 'struct' } }
