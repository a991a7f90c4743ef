/**
 * What the rest of the system sees of a schema registry, whichever kind it is: schemas by the ids that records carry,
 * schemas of subjects, and the bytes that go around an encoded value.
 *
 * Formats are synchronous, registries are not. A serde asks {@link SchemaRegistry.known}; what is not here yet is fetched
 * by whoever runs the serde, with {@link SchemaRegistry.fetch}, before it decodes.
 */
import type { StreamError } from '../base/errors.ts'
import type { Headers } from '../base/headers.ts'

export const schemaTypes = ['AVRO', 'PROTOBUF', 'JSON'] as const
export type SchemaType = (typeof schemaTypes)[number]
export type Side = 'key' | 'value'

/** Ids of schemas by kind: Confluent's `id` and `guid`, Apicurio's `globalId` (of a version) and `contentId` (of a text). */
export interface SchemaIds {
  readonly id?: number
  readonly guid?: string
  readonly globalId?: number
  readonly contentId?: number
}

/** What a record names its schema by. Ids of different kinds may have the same number. */
export interface SchemaRef {
  readonly kind: keyof SchemaIds
  readonly id: number | string
}

/** A schema that others refer to. */
export interface NamedSchema {
  /** What the referring schema calls it: a full name (Avro), an import path (Protobuf) or a `$ref` (JSON Schema). */
  readonly name: string
  readonly text: string
}

/** A schema as a registry has it; the same object for the same id while it is cached. */
export interface RegisteredSchema {
  readonly ids: SchemaIds
  readonly type: SchemaType
  readonly text: string
  /** All that it refers to, also through others; what is referred to comes first; each name once. */
  readonly references: readonly NamedSchema[]
  /** Where it was asked for by subject. */
  readonly subject?: string
  /** Confluent counts versions, Apicurio names them. */
  readonly version?: number | string
  /** Names of rules that a client has to run on values, before they are written and after they are read; absent: none. */
  readonly rules?: Readonly<Record<'reading' | 'writing', readonly string[]>> | undefined
}

/** A schema to be written with, from a file or inferred. */
export interface SchemaDraft {
  readonly type: SchemaType
  readonly text: string
  /** What it refers to directly; registered first, under a subject of its name, where registration is on. */
  readonly references?: readonly DraftReference[]
}

export interface DraftReference {
  readonly name: string
  readonly draft: SchemaDraft
}

/** What a subject is made of. */
export interface SchemaUse {
  readonly topic: string
  readonly side: Side
  /** Full name of the record, message or title; needed by the strategies that go by it. */
  readonly recordName?: string
}

/**
 * A registry: cached, bounded, each request with a time limit and retried with back-off where that may help.
 *
 * Errors: `REGISTRY_UNREACHABLE` (external: back off and try again; no record is to blame), `SCHEMA_NOT_FOUND` (the
 * registry answers that there is no such id, subject or version), `SCHEMA_INVALID`, `SCHEMA_INCOMPATIBLE`,
 * `AUTHENTICATION_FAILED`, `NOT_AUTHORIZED`, `REGISTRY_REFUSED` (any other answer that trying again will not change).
 */
export interface SchemaRegistry {
  /** The schema if it is here, or the error with which the registry denied it a moment ago; never waits. */
  known(ref: SchemaRef): RegisteredSchema | StreamError | undefined
  /** Brings a schema here; calls for the same one share a request. */
  fetch(ref: SchemaRef): Promise<RegisteredSchema>
  /** The newest version of a subject, at most as old as the settings say. */
  latest(subject: string): Promise<RegisteredSchema>
  version(subject: string, version: number | string): Promise<RegisteredSchema>
  /** Registers a schema, or finds it where it is registered already. */
  register(subject: string, draft: SchemaDraft): Promise<RegisteredSchema>
  /** The schema to write with, as the settings say: registered, looked up, the latest version, or one with a fixed id. */
  forWriting(subject: string, draft: SchemaDraft): Promise<RegisteredSchema>
  /** The subject by the strategy of the settings. */
  subjectOf(use: SchemaUse): string
  /** The bytes around values. A new object at each call: it is bound to one serde. */
  framing(side: Side, type: SchemaType): Framing
  close(): Promise<void>
}

/** Reads and makes the bytes and headers by which a record names its schema. */
export interface Framing {
  /**
   * Finds the schema's id and the body of one value in `buffer[start .. end)`.
   *
   * @returns an object that the next call fills anew
   * @throws StreamError `VALUE_MALFORMED`: no such frame around the value; the detail says what was expected
   */
  read(buffer: Buffer, start: number, end: number, headers: Headers | undefined): Frame
  /** What to put before each body, and which headers to add, for values of this schema; to be made once and kept. */
  prefix(ids: SchemaIds, message?: MessageRef): FramePrefix
}

/** Which message of a Protobuf file a value is. */
export interface MessageRef {
  /** Position among the file's messages, then among the nested ones, and so on. */
  readonly path: readonly number[]
  /** Name without package and parents. */
  readonly name: string
}

/** Where a value's body starts and what it was written with. */
export interface Frame extends SchemaRef {
  readonly bodyStart: number
  /** Whether it stands in the record's headers, so that the value alone does not tell its schema. */
  readonly inHeaders: boolean
  /** Protobuf only: the message by position, where the frame has it. */
  readonly messagePath: readonly number[] | undefined
  /** Protobuf only: the message by name, where the frame has that instead. */
  readonly messageName: string | undefined
}

export interface FramePrefix {
  readonly bytes: Buffer
  readonly headers: Headers
}
