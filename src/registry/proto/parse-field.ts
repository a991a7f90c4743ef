/** Fields of .proto files: plain ones, groups and maps. */
import { named } from '../../base/named.ts'
import { create } from '@bufbuild/protobuf'
import {
  DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  MessageOptionsSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
  type FieldOptions,
} from '@bufbuild/protobuf/wkt'
import { buildOptions, parseOptionList, type Option, type OptionValue } from './options.ts'
import type { TokenReader } from './tokens.ts'

/** Where fields go, and the messages that groups and maps make. */
export interface FieldScope {
  readonly syntax: string
  readonly fields: FieldDescriptorProto[]
  readonly nested: DescriptorProto[]
  readonly depth: number
  /** Reads what stands in the braces of a group. */
  readonly parseBody: (reader: TokenReader, message: DescriptorProto, syntax: string, depth: number) => void
  /** Inside a oneof. */
  readonly oneofIndex?: number
}

const { OPTIONAL, REQUIRED, REPEATED } = FieldDescriptorProto_Label
const labels: Readonly<Record<string, FieldDescriptorProto_Label>> = {
  optional: OPTIONAL,
  required: REQUIRED,
  repeated: REPEATED,
}

/** Types by their words; every other name is that of a message or an enum. */
const scalarTypes: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  double: FieldDescriptorProto_Type.DOUBLE,
  float: FieldDescriptorProto_Type.FLOAT,
  int64: FieldDescriptorProto_Type.INT64,
  uint64: FieldDescriptorProto_Type.UINT64,
  int32: FieldDescriptorProto_Type.INT32,
  fixed64: FieldDescriptorProto_Type.FIXED64,
  fixed32: FieldDescriptorProto_Type.FIXED32,
  bool: FieldDescriptorProto_Type.BOOL,
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
  uint32: FieldDescriptorProto_Type.UINT32,
  sfixed32: FieldDescriptorProto_Type.SFIXED32,
  sfixed64: FieldDescriptorProto_Type.SFIXED64,
  sint32: FieldDescriptorProto_Type.SINT32,
  sint64: FieldDescriptorProto_Type.SINT64,
}

export function parseField(reader: TokenReader, scope: FieldScope): void {
  const word = reader.next.kind === 'word' ? named(labels, reader.next.text) : undefined
  if (word !== undefined) reader.take()
  const field = create(FieldDescriptorProtoSchema, { label: word ?? OPTIONAL })
  if (word === OPTIONAL && scope.syntax === 'proto3') field.proto3Optional = true
  if (scope.oneofIndex !== undefined) field.oneofIndex = scope.oneofIndex
  if (reader.accept('group')) {
    parseGroup(reader, field, scope)
    return
  }
  setType(field, reader.dottedName())
  field.name = reader.word()
  finishField(reader, field)
  reader.expect(';')
  scope.fields.push(field)
}

function setType(field: FieldDescriptorProto, type: string): void {
  const scalar = named(scalarTypes, type)
  if (scalar === undefined) field.typeName = type
  else field.type = scalar
}

/** Number and options. */
function finishField(reader: TokenReader, field: FieldDescriptorProto): void {
  reader.expect('=')
  field.number = reader.integer()
  field.jsonName = jsonName(field.name)
  const options = parseOptionList(reader)
  const own = options.filter((option) => !takeFieldOption(field, option))
  const built = buildOptions<FieldOptions>(FieldOptionsSchema, own, reader)
  if (built !== undefined) field.options = built
}

/** `default` and `json_name` look like options and are fields of the descriptor. */
function takeFieldOption(field: FieldDescriptorProto, { path, value }: Option): boolean {
  if (path?.length !== 1) return false
  if (path[0] === 'json_name' && value.kind === 'string')
    field.jsonName = Buffer.from(value.bytes, 'latin1').toString('utf8')
  else if (path[0] === 'default') field.defaultValue = defaultText(field, value)
  else return false
  return true
}

function defaultText(field: FieldDescriptorProto, value: OptionValue): string {
  if (value.kind === 'fields') return ''
  if (value.kind !== 'string') return value.text
  if (field.type === FieldDescriptorProto_Type.BYTES) return escapeBytes(value.bytes)
  return Buffer.from(value.bytes, 'latin1').toString('utf8')
}

/** Bytes as C writes them in strings: what descriptors hold for defaults of bytes. */
function escapeBytes(bytes: string): string {
  return bytes.replaceAll(/[^ !#-&(-[\]-~]/g, (byte) =>
    byte === '"' || byte === "'" || byte === '\\'
      ? `\\${byte}`
      : `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
}

function parseGroup(reader: TokenReader, field: FieldDescriptorProto, scope: FieldScope): void {
  const message = create(DescriptorProtoSchema, { name: reader.word() })
  field.name = message.name.toLowerCase()
  field.type = FieldDescriptorProto_Type.GROUP
  field.typeName = message.name
  finishField(reader, field)
  scope.parseBody(reader, message, scope.syntax, scope.depth)
  scope.fields.push(field)
  scope.nested.push(message)
}

/** `map<K, V> NAME = N` after its first word: a repeated message of its own with a key and a value. */
export function parseMapField(reader: TokenReader, scope: FieldScope): void {
  reader.expect('<')
  const key = create(FieldDescriptorProtoSchema, { name: 'key', number: 1, label: OPTIONAL, jsonName: 'key' })
  setType(key, reader.word())
  if (key.typeName !== '') throw reader.failure('keys of maps are whole numbers, texts or booleans')
  reader.expect(',')
  const value = create(FieldDescriptorProtoSchema, {
    name: 'value',
    number: 2,
    label: OPTIONAL,
    jsonName: 'value',
  })
  setType(value, reader.dottedName())
  reader.expect('>')
  const field = create(FieldDescriptorProtoSchema, {
    name: reader.word(),
    label: REPEATED,
    type: FieldDescriptorProto_Type.MESSAGE,
  })
  finishField(reader, field)
  reader.expect(';')
  const entry = create(DescriptorProtoSchema, { name: entryName(field.name), field: [key, value] })
  entry.options = create(MessageOptionsSchema, { mapEntry: true })
  field.typeName = entry.name
  scope.fields.push(field)
  scope.nested.push(entry)
}

/** As protoc makes it: underscores go, and what follows them is upper case. */
export function jsonName(name: string): string {
  return name.replaceAll(/_+(.?)/g, (_, letter: string) => letter.toUpperCase())
}

function entryName(name: string): string {
  const camel = jsonName(name)
  return `${camel.charAt(0).toUpperCase()}${camel.slice(1)}Entry`
}
