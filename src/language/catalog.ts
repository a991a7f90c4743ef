import type { Column } from '../data/types.ts'

/** What a front end may ask about topics. It is handed in: a front end opens no connection itself. */
export interface Catalog {
  /** The columns of a topic's values, in order; undefined where nothing is known of the topic. */
  columns(topic: string): Promise<readonly Column[] | undefined>
}
