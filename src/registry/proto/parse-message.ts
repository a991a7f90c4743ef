/** Messages and extensions of .proto files. */
import { named } from '../../base/named.ts'
import { create } from '@bufbuild/protobuf'
import {
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProto_ReservedRangeSchema,
  DescriptorProtoSchema,
  MessageOptionsSchema,
  OneofDescriptorProtoSchema,
  OneofOptionsSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  type MessageOptions,
  type OneofOptions,
} from '@bufbuild/protobuf/wkt'
import { parseEnum } from './parse-enum.ts'
import { parseField, parseMapField, type FieldScope } from './parse-field.ts'
import { buildOptions, parseOptionList, parseOptionStatement, type Option } from './options.ts'
import { parseRanges } from './ranges.ts'
import type { TokenReader } from './tokens.ts'

const depthMax = 64
const fieldNumberMax = 536_870_911

/** A message after the word `message`. */
export function parseMessage(reader: TokenReader, syntax: string, depth: number): DescriptorProto {
  const message = create(DescriptorProtoSchema, { name: reader.word() })
  parseMessageBody(reader, message, syntax, depth)
  return message
}

/** What stands in braces; groups have it too. */
export function parseMessageBody(
  reader: TokenReader,
  message: DescriptorProto,
  syntax: string,
  depth: number,
): void {
  if (depth > depthMax) throw reader.failure(`messages are nested deeper than ${depthMax}`)
  const options: Option[] = []
  const scope: FieldScope = {
    syntax,
    fields: message.field,
    nested: message.nestedType,
    depth: depth + 1,
    parseBody: parseMessageBody,
  }
  reader.expect('{')
  while (!reader.accept('}')) {
    if (!parseMember(reader, message, scope, options)) parseField(reader, scope)
  }
  const built = buildOptions<MessageOptions>(MessageOptionsSchema, options, reader)
  if (built !== undefined) message.options = built
  addSyntheticOneofs(message)
}

/** Everything in a message that is no plain field; words that begin those are also allowed as names of types. */
function parseMember(
  reader: TokenReader,
  message: DescriptorProto,
  scope: FieldScope,
  options: Option[],
): boolean {
  if (reader.accept(';')) return true
  const word = reader.next.text
  const member = reader.next.kind === 'word' ? named(members, word) : undefined
  if (member === undefined) return false
  reader.take()
  member({ reader, message, scope, options })
  return true
}

interface Member {
  readonly reader: TokenReader
  readonly message: DescriptorProto
  readonly scope: FieldScope
  readonly options: Option[]
}

const members: Readonly<Record<string, (member: Member) => void>> = {
  message: ({ reader, message, scope }) => {
    message.nestedType.push(parseMessage(reader, scope.syntax, scope.depth))
  },
  enum: ({ reader, message }) => {
    message.enumType.push(parseEnum(reader))
  },
  extend: ({ reader, message, scope }) => {
    parseExtend(reader, { ...scope, fields: message.extension })
  },
  oneof: ({ reader, message, scope }) => parseOneof(reader, message, scope),
  option: ({ reader, options }) => {
    options.push(parseOptionStatement(reader))
  },
  map: ({ reader, scope }) => parseMapField(reader, scope),
  reserved: ({ reader, message }) => {
    const { names, ranges } = parseRanges(reader, fieldNumberMax)
    message.reservedName.push(...names)
    for (const { start, end } of ranges)
      message.reservedRange.push(create(DescriptorProto_ReservedRangeSchema, { start, end: end + 1 }))
  },
  extensions: ({ reader, message }) => {
    const { ranges } = parseRanges(reader, fieldNumberMax)
    if (reader.next.text === '[') {
      // Declarations of extensions bind nobody who reads data.
      parseOptionList(reader)
      reader.expect(';')
    }
    for (const { start, end } of ranges)
      message.extensionRange.push(create(DescriptorProto_ExtensionRangeSchema, { start, end: end + 1 }))
  },
}

function parseOneof(reader: TokenReader, message: DescriptorProto, scope: FieldScope): void {
  const oneof = create(OneofDescriptorProtoSchema, { name: reader.word() })
  const options: Option[] = []
  const index = message.oneofDecl.length
  message.oneofDecl.push(oneof)
  reader.expect('{')
  while (!reader.accept('}')) {
    if (reader.accept(';')) continue
    if (reader.accept('option')) options.push(parseOptionStatement(reader))
    else parseField(reader, { ...scope, oneofIndex: index })
  }
  const built = buildOptions<OneofOptions>(OneofOptionsSchema, options, reader)
  if (built !== undefined) oneof.options = built
}

/** An `optional` field of proto3 is, in descriptors, alone in a oneof of its own; these come after the written ones. */
function addSyntheticOneofs(message: DescriptorProto): void {
  for (const field of message.field.filter(({ proto3Optional }) => proto3Optional)) {
    field.oneofIndex = message.oneofDecl.length
    message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: `_${field.name}` }))
  }
}

/** Where extensions at the top of a file go. */
export function fileScope(file: FileDescriptorProto): FieldScope {
  const { syntax, extension, messageType } = file
  return { syntax, fields: extension, nested: messageType, depth: 0, parseBody: parseMessageBody }
}

/** `extend TYPE { … }` after its first word. */
export function parseExtend(reader: TokenReader, scope: FieldScope): void {
  const extendee = reader.dottedName()
  const fields: FieldDescriptorProto[] = []
  reader.expect('{')
  while (!reader.accept('}')) {
    if (!reader.accept(';')) parseField(reader, { ...scope, fields })
  }
  for (const field of fields) {
    field.extendee = extendee
    scope.fields.push(field)
  }
}
