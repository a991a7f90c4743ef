/**
 * Whether a reader with one Protobuf schema understands what was written with another. Fields are compared by number; names do not
 * matter. The rules and the words are those of Confluent's registry.
 */
import { isFieldSet } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import type { ProtoFiles } from '../proto-file.ts'

/** Only the differences that break readers; those that do not are passed over in silence. */
const descriptions = {
  PACKAGE_CHANGED: (at: string) =>
    `The package at '${at}' in the %s schema does not match the package in the %s schema`,
  MESSAGE_REMOVED: (at: string) => `The %s schema is missing a MESSAGE type at path '${at}' in the %s schema`,
  FIELD_KIND_CHANGED: (at: string) =>
    `The type of a field at path '${at}' in the %s schema does not match the %s schema`,
  FIELD_SCALAR_KIND_CHANGED: (at: string) =>
    `The kind of a SCALAR field at path '${at}' in the %s schema does not match its kind in the %s schema`,
  FIELD_NAMED_TYPE_CHANGED: (at: string) =>
    `The type of a MESSAGE field at path '${at}' in the %s schema does not match its type in the %s schema`,
  FIELD_NUMERIC_LABEL_CHANGED: (at: string) =>
    `The label for a NUMERIC field at path '${at}' in the %s schema does not match its label in the %s schema`,
  REQUIRED_FIELD_ADDED: (at: string) =>
    `A required field  at path '${at}' in the %s schema is missing in the %s schema`,
  REQUIRED_FIELD_REMOVED: (at: string) =>
    `The %s schema is missing a required field at path: '${at}' in the %s schema`,
  ONEOF_FIELD_REMOVED: (at: string) =>
    `The %s schema is missing a oneof field at path '${at}' in the %s schema`,
  MULTIPLE_FIELDS_MOVED_TO_ONEOF: (at: string) =>
    `Multiple fields in the oneof at path '${at}' in the %s schema are outside a oneof in the %s schema`,
  FIELD_MOVED_TO_EXISTING_ONEOF: (at: string) =>
    `A field in the oneof at path '${at}' in the %s schema is outside an existing oneof in the %s schema`,
}

type DifferenceType = keyof typeof descriptions

/** @returns nothing where the reader understands all that the writer writes; `%s` stands for the reader, then the writer */
export function protobufDifferences(reader: ProtoFiles, writer: ProtoFiles): string[] {
  return new ProtobufComparison(reader, writer).compare()
}

class ProtobufComparison {
  readonly #reader: ProtoFiles
  readonly #writer: ProtoFiles
  readonly #readerMessages: ReadonlyMap<string, DescriptorProto>
  readonly #writerMessages: ReadonlyMap<string, DescriptorProto>
  readonly #found: string[] = []
  /** Messages of imports that have been compared, or are: they may refer to themselves. */
  readonly #compared = new Set<string>()

  constructor(reader: ProtoFiles, writer: ProtoFiles) {
    this.#reader = reader
    this.#writer = writer
    this.#readerMessages = messagesByName(reader)
    this.#writerMessages = messagesByName(writer)
  }

  compare(): string[] {
    if (this.#reader.main.package !== this.#writer.main.package) this.#add('PACKAGE_CHANGED', [])
    this.#compareMessages(this.#reader.main.messageType, this.#writer.main.messageType, [])
    return this.#found
  }

  #add(type: DifferenceType, path: readonly string[]): void {
    const description = descriptions[type](`#/${path.join('/')}`)
    this.#found.push(`{errorType:"${type}", description:"${description}"}`)
  }

  #compareMessages(
    readers: readonly DescriptorProto[],
    writers: readonly DescriptorProto[],
    path: readonly string[],
  ): void {
    for (const writer of writers) {
      if (writer.options?.mapEntry === true) continue
      const reader = readers.find(({ name }) => name === writer.name)
      if (reader === undefined) this.#add('MESSAGE_REMOVED', [...path, writer.name])
      else this.#compareMessage(reader, writer, [...path, writer.name])
    }
  }

  #compareMessage(reader: DescriptorProto, writer: DescriptorProto, path: readonly string[]): void {
    this.#compareOneofs(reader, writer, path)
    const readerFields = byNumber(reader)
    const writerFields = byNumber(writer)
    const numbers = [...new Set([...readerFields.keys(), ...writerFields.keys()])].toSorted((a, b) => a - b)
    for (const number of numbers) {
      const read = readerFields.get(number)
      const written = writerFields.get(number)
      if (read === undefined) this.#fieldRemoved(reader, writer, written, path)
      else if (written === undefined) {
        if (isRequired(read)) this.#add('REQUIRED_FIELD_ADDED', [...path, String(number)])
      } else this.#compareField(read, written, [...path, ...oneofNames(reader, read), String(number)])
    }
    this.#compareMessages(reader.nestedType, writer.nestedType, path)
  }

  /** A field that goes alone is a loss only where it was required; one that leaves a oneof of which others stay always is. */
  #fieldRemoved(
    reader: DescriptorProto,
    writer: DescriptorProto,
    written: FieldDescriptorProto | undefined,
    path: readonly string[],
  ): void {
    if (written === undefined) return
    const at = [...path, ...oneofNames(writer, written), String(written.number)]
    if (isRequired(written)) this.#add('REQUIRED_FIELD_REMOVED', at)
    const oneof = oneofOf(writer, written)
    if (oneof === undefined) return
    const kept = new Set(reader.field.map(({ number }) => number))
    const stays = reader.oneofDecl.some(({ name }) => name === oneof)
    const others = writer.field.filter((field) => oneofOf(writer, field) === oneof)
    if (stays || others.some(({ number }) => kept.has(number))) this.#add('ONEOF_FIELD_REMOVED', at)
  }

  /** Fields that could be set together and now exclude each other lose data of earlier writers. */
  #compareOneofs(reader: DescriptorProto, writer: DescriptorProto, path: readonly string[]): void {
    const written = byNumber(writer)
    for (const { name } of reader.oneofDecl) {
      const origins = new Set<string>()
      let alone = 0
      for (const field of reader.field) {
        const before = written.get(field.number)
        if (oneofOf(reader, field) !== name || before === undefined) continue
        const from = oneofOf(writer, before)
        origins.add(from === undefined ? `field ${field.number}` : `oneof ${from}`)
        if (from === undefined) alone++
      }
      if (origins.size > 1)
        this.#add(alone > 1 ? 'MULTIPLE_FIELDS_MOVED_TO_ONEOF' : 'FIELD_MOVED_TO_EXISTING_ONEOF', [
          ...path,
          name,
        ])
    }
  }

  #compareField(reader: FieldDescriptorProto, writer: FieldDescriptorProto, path: readonly string[]): void {
    const readerEntry = mapEntry(reader, this.#readerMessages)
    const writerEntry = mapEntry(writer, this.#writerMessages)
    if (kindOf(reader, readerEntry) !== kindOf(writer, writerEntry)) this.#add('FIELD_KIND_CHANGED', path)
    else if (readerEntry !== undefined && writerEntry !== undefined) {
      for (const index of [0, 1]) {
        const [read, written] = [readerEntry.field[index], writerEntry.field[index]]
        if (read !== undefined && written !== undefined) this.#compareField(read, written, path)
      }
    } else if (isMessage(reader)) this.#compareNamedTypes(reader, writer, path)
    else this.#compareScalars(reader, writer, path)
  }

  #compareScalars(reader: FieldDescriptorProto, writer: FieldDescriptorProto, path: readonly string[]): void {
    const kind = scalarKinds[reader.type]
    if (kind !== scalarKinds[writer.type]) this.#add('FIELD_SCALAR_KIND_CHANGED', path)
    else if (kind !== 'text' && isRepeated(reader) !== isRepeated(writer))
      this.#add('FIELD_NUMERIC_LABEL_CHANGED', path)
  }

  #compareNamedTypes(
    reader: FieldDescriptorProto,
    writer: FieldDescriptorProto,
    path: readonly string[],
  ): void {
    const readerName = localName(reader.typeName, this.#reader)
    if (readerName !== localName(writer.typeName, this.#writer)) {
      this.#add('FIELD_NAMED_TYPE_CHANGED', path)
      return
    }
    const read = this.#readerMessages.get(reader.typeName)
    const written = this.#writerMessages.get(writer.typeName)
    const seen = `${reader.typeName} ${writer.typeName}`
    const local = this.#reader.main.messageType.some(({ name }) => name === readerName.split('.')[0])
    // Types of the file itself are compared where they are declared.
    if (local || read === undefined || written === undefined || this.#compared.has(seen)) return
    this.#compared.add(seen)
    const before = this.#found.length
    this.#compareMessage(read, written, readerName.split('.'))
    if (this.#found.length > before) this.#add('FIELD_NAMED_TYPE_CHANGED', path)
  }
}

function messagesByName({ all }: ProtoFiles): ReadonlyMap<string, DescriptorProto> {
  const found = new Map<string, DescriptorProto>()
  const add = (messages: readonly DescriptorProto[], scope: string): void => {
    for (const message of messages) {
      const name = `${scope}.${message.name}`
      found.set(name, message)
      add(message.nestedType, name)
    }
  }
  for (const file of all) add(file.messageType, file.package === '' ? '' : `.${file.package}`)
  return found
}

/** Without the package of the file that declares it. */
function localName(typeName: string, { all }: ProtoFiles): string {
  const packages = all.map((file) => `.${file.package}.`).filter((prefix) => typeName.startsWith(prefix))
  const longest = packages.toSorted((a, b) => b.length - a.length)[0] ?? '.'
  return typeName.slice(longest.length)
}

function byNumber(message: DescriptorProto): ReadonlyMap<number, FieldDescriptorProto> {
  return new Map(message.field.map((field) => [field.number, field]))
}

/** The name of the written oneof that a field is in. */
function oneofOf(message: DescriptorProto, field: FieldDescriptorProto): string | undefined {
  const inOne = isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) && !field.proto3Optional
  return inOne ? message.oneofDecl[field.oneofIndex]?.name : undefined
}

function oneofNames(message: DescriptorProto, field: FieldDescriptorProto): readonly string[] {
  const name = oneofOf(message, field)
  return name === undefined ? [] : [name]
}

const isRepeated = ({ label }: FieldDescriptorProto): boolean => label === FieldDescriptorProto_Label.REPEATED
const isRequired = ({ label }: FieldDescriptorProto): boolean => label === FieldDescriptorProto_Label.REQUIRED
const isMessage = ({ type }: FieldDescriptorProto): boolean =>
  type === FieldDescriptorProto_Type.MESSAGE || type === FieldDescriptorProto_Type.GROUP

function mapEntry(
  field: FieldDescriptorProto,
  messages: ReadonlyMap<string, DescriptorProto>,
): DescriptorProto | undefined {
  const message = isMessage(field) ? messages.get(field.typeName) : undefined
  return message?.options?.mapEntry === true ? message : undefined
}

function kindOf(
  field: FieldDescriptorProto,
  entry: DescriptorProto | undefined,
): 'map' | 'message' | 'scalar' {
  if (entry !== undefined) return 'map'
  return isMessage(field) ? 'message' : 'scalar'
}

/** Types whose bytes mean the same to each other's readers, values in range. */
const scalarKinds: Readonly<Partial<Record<FieldDescriptorProto_Type, string>>> = {
  [FieldDescriptorProto_Type.INT32]: 'varint',
  [FieldDescriptorProto_Type.INT64]: 'varint',
  [FieldDescriptorProto_Type.UINT32]: 'varint',
  [FieldDescriptorProto_Type.UINT64]: 'varint',
  [FieldDescriptorProto_Type.BOOL]: 'varint',
  [FieldDescriptorProto_Type.ENUM]: 'varint',
  [FieldDescriptorProto_Type.SINT32]: 'zigzag',
  [FieldDescriptorProto_Type.SINT64]: 'zigzag',
  [FieldDescriptorProto_Type.STRING]: 'text',
  [FieldDescriptorProto_Type.BYTES]: 'text',
  [FieldDescriptorProto_Type.FIXED32]: 'fixed32',
  [FieldDescriptorProto_Type.SFIXED32]: 'fixed32',
  [FieldDescriptorProto_Type.FIXED64]: 'fixed64',
  [FieldDescriptorProto_Type.SFIXED64]: 'fixed64',
  [FieldDescriptorProto_Type.FLOAT]: 'float',
  [FieldDescriptorProto_Type.DOUBLE]: 'double',
}
