/**
 * A plan: operations and the records that they get, as data. Kafka Streams is told it as it is (`OracleTopology.java`), Weft as a
 * definition file (`definition.ts`), so that front end, names, operators and stores are compared all together.
 */

/** One operation. `in` and `with` name the ids of earlier ones. */
export type Operation = {
  readonly op: string
  readonly id: string
  readonly in?: string
  readonly with?: string
} & Readonly<Record<string, unknown>>

export interface PlannedRecord {
  readonly topic: string
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
  readonly headers?: readonly (readonly [string, string])[]
}

export interface Plan {
  /** Whether stores may go unnamed, so that Kafka Streams counts out names: then stateless operations must be made as KSML makes them. */
  readonly counted: boolean
  /** Whether repartitions are merged and self-joins have one store; Kafka Streams does it always, where it can. */
  readonly optimized?: boolean
  readonly operations: readonly Operation[]
  readonly records: readonly PlannedRecord[]
}

/** A record that was written: key, value, timestamp, headers. */
export type WrittenRecord = readonly [
  string | null,
  string | null,
  number,
  readonly (readonly [string, string])[],
]

/** What a sub-topology reads, writes and keeps; all sorted. */
export interface PlanPart {
  readonly sources: readonly string[]
  readonly sinks: readonly string[]
  readonly stores: readonly string[]
}

export interface Outcome {
  readonly outputs: Readonly<Record<string, readonly WrittenRecord[]>>
  /** By store and place, as `README.md` says. */
  readonly stores: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly parts: readonly PlanPart[]
}

/** The prefix that Weft gives to the names of operations. */
export const namespace = 'd'

export function outputTopics({ operations }: Plan): string[] {
  return operations.filter(({ op }) => op === 'to').map((operation) => operation['topic'] as string)
}

/** Parts in an order of their own: neither side promises one. */
export function sortParts(parts: readonly PlanPart[]): PlanPart[] {
  return parts
    .map(({ sources, sinks, stores }) => ({
      sources: sources.toSorted(),
      sinks: sinks.toSorted(),
      stores: stores.toSorted(),
    }))
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}
