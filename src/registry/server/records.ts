/**
 * What a registry keeps, as records of a compacted topic: keys and values are the JSON that Confluent's registry writes to `_schemas`,
 * so that either can go on from the other's topic. One attribute is added, `globalId`, which Apicurio's clients need.
 */
import type { SchemaType } from '../contracts.ts'

export interface SchemaReference {
  readonly name: string
  readonly subject: string
  readonly version: number
}

/** A version of a subject. */
export interface StoredVersion {
  /** With its context. */
  readonly subject: string
  readonly version: number
  /** Of the schema, in its context. */
  readonly id: number
  /** Of this version, in the whole registry. */
  readonly globalId: number
  readonly type: SchemaType
  readonly text: string
  readonly references: readonly SchemaReference[]
  /** Kept for the clients that understand them. */
  readonly metadata: unknown
  readonly ruleSet: unknown
  readonly deleted: boolean
}

/** A record of the log: JSON text of its key, and of its value, or null to remove what is under the key. */
export interface LogRecord {
  readonly key: string
  readonly value: string | null
}

/** Where a registry keeps what it knows. In memory nothing has to be kept. */
export interface SchemaLog {
  /** Gives every record, oldest first, then returns. */
  read(take: (record: LogRecord) => void): Promise<void>
  /** Returns when the records are as safe as the log makes them. */
  append(records: readonly LogRecord[]): Promise<void>
  close(): Promise<void>
}

export const memoryLog: SchemaLog = {
  read: () => Promise.resolve(),
  append: () => Promise.resolve(),
  close: () => Promise.resolve(),
}

export function schemaRecord(stored: StoredVersion): LogRecord {
  const { subject, version, id, globalId, type, text, references, metadata, ruleSet, deleted } = stored
  const value = {
    subject,
    version,
    id,
    ...(type === 'AVRO' ? {} : { schemaType: type }),
    ...(references.length === 0 ? {} : { references }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
    schema: text,
    deleted,
    globalId,
  }
  return { key: schemaKey(subject, version), value: JSON.stringify(value) }
}

export function schemaKey(subject: string, version: number): string {
  return JSON.stringify({ keytype: 'SCHEMA', subject, version, magic: 1 })
}

/** Marks all versions of a subject up to one as deleted. */
export function deleteSubjectRecord(subject: string, version: number): LogRecord {
  const key = JSON.stringify({ keytype: 'DELETE_SUBJECT', subject, magic: 0 })
  return { key, value: JSON.stringify({ subject, version }) }
}

/** Settings of a subject, of a context (`:.name:`) or, for null, of all. */
export function settingsRecord(
  keytype: 'CONFIG' | 'MODE',
  subject: string | null,
  value: object | null,
): LogRecord {
  const key = JSON.stringify({ keytype, subject, magic: 0 })
  return { key, value: value === null ? null : JSON.stringify(value) }
}
