/** Schemas of the three types, read: what a registry needs to know of each, and nothing else. */
import { toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { avroDifferences } from '../compatibility/avro.ts'
import { jsonDifferences } from '../compatibility/json.ts'
import { protobufDifferences } from '../compatibility/protobuf.ts'
import type { NamedSchema, SchemaType } from '../contracts.ts'
import { protoText, readProtoFiles } from '../proto-file.ts'
import { printFile } from '../proto/print-file.ts'
import { readJsonSchema } from './json-schema.ts'
import { parseAvro } from './parse-avro.ts'
import { printAvro } from './print-avro.ts'

export interface ReadSchema {
  readonly type: SchemaType
  /** As it is kept and given out. */
  readonly text: string
  /** Equal for schemas that say the same, whatever blanks and comments they have. */
  readonly identity: string
  /** In a form in which the order of what has no order makes no difference. */
  normalText(): string
  /** In a form that clients ask for by name; undefined for names that the type does not have. */
  formatted(format: string): string | undefined
  /** What keeps a reader with this schema from reading data written with another; `%s` for this and then for the other. */
  differencesFrom(writer: ReadSchema): readonly string[]
}

/**
 * @param references - what it refers to, those without references first
 * @throws StreamError `SCHEMA_INVALID`
 */
export function readSchema(type: SchemaType, text: string, references: readonly NamedSchema[]): ReadSchema {
  return readers[type](text, references)
}

type Reader = (text: string, references: readonly NamedSchema[]) => ReadSchema

const readers: Readonly<Record<SchemaType, Reader>> = {
  AVRO: (text, references) => {
    const { type, referred } = parseAvro(
      text,
      references.map((reference) => reference.text),
    )
    const printed = printAvro(type, { known: referred })
    return withDifferences(
      {
        type: 'AVRO',
        text: printed,
        identity: printed,
        normalText: () => printAvro(type, { known: referred, sorted: true }),
        formatted: (format) => (format === 'resolved' ? printAvro(type) : undefined),
      },
      type,
      avroDifferences,
    )
  },
  PROTOBUF: (text, references) => {
    const files = readProtoFiles(text, references)
    const printed = printFile(files.main)
    return withDifferences(
      {
        type: 'PROTOBUF',
        text: protoText(text),
        identity: printed,
        normalText: () => printed,
        formatted: (format) =>
          format === 'serialized'
            ? Buffer.from(toBinary(FileDescriptorProtoSchema, files.main)).toString('base64')
            : undefined,
      },
      files,
      protobufDifferences,
    )
  },
  JSON: (text, references) => {
    const schema = readJsonSchema(text, references)
    return withDifferences(
      {
        type: 'JSON',
        text: schema.text,
        identity: schema.text,
        normalText: () => schema.normalText(),
        formatted: () => undefined,
      },
      schema,
      jsonDifferences,
    )
  },
}

/** What each type keeps of its schemas, to compare them by. */
const contents = new WeakMap<ReadSchema, unknown>()

function withDifferences<T>(
  facts: Omit<ReadSchema, 'differencesFrom'>,
  content: T,
  compare: (reader: T, writer: T) => readonly string[],
): ReadSchema {
  const schema: ReadSchema = {
    ...facts,
    differencesFrom: (writer) =>
      writer.type === facts.type
        ? compare(content, contents.get(writer) as T)
        : [
            `{errorType:'SCHEMA_TYPE_CHANGED', description:'The schema types of the %s and the %s schema differ'}`,
          ],
  }
  contents.set(schema, content)
  return schema
}
