/**
 * Reads a .proto file (proto2, proto3, editions) into the descriptor that protoc would make of it, before names are resolved
 * ({@link linkFile}). Custom options, comments and places are left out.
 *
 * Source: the Protocol Buffers language specifications, and `descriptor.proto`.
 */
import { named } from '../../base/named.ts'
import { clearField, create } from '@bufbuild/protobuf'
import {
  Edition,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  ServiceDescriptorProtoSchema,
  ServiceOptionsSchema,
  type FileDescriptorProto,
  type FileOptions,
  type MethodDescriptorProto,
  type MethodOptions,
  type ServiceDescriptorProto,
  type ServiceOptions,
} from '@bufbuild/protobuf/wkt'
import { parseEnum } from './parse-enum.ts'
import { fileScope, parseExtend, parseMessage } from './parse-message.ts'
import { buildOptions, parseOptionStatement, type Option } from './options.ts'
import { TokenReader } from './tokens.ts'

/** @param name - the import path that others would use */
export function parseFile(name: string, text: string): FileDescriptorProto {
  const reader = new TokenReader(text)
  const file = create(FileDescriptorProtoSchema, { name, syntax: 'proto2' })
  const options: Option[] = []
  while (reader.next.kind !== 'end') parseTopLevel(reader, file, options)
  const built = buildOptions<FileOptions>(FileOptionsSchema, options, reader)
  if (built !== undefined) file.options = built
  // The default is said by saying nothing.
  if (file.syntax === 'proto2') clearField(file, FileDescriptorProtoSchema.field.syntax)
  return file
}

type Statement = (reader: TokenReader, file: FileDescriptorProto, options: Option[]) => void

const statements: Readonly<Record<string, Statement>> = {
  syntax: (reader, file) => {
    reader.expect('=')
    file.syntax = reader.string()
    if (file.syntax !== 'proto2' && file.syntax !== 'proto3')
      throw reader.failure(`there is no syntax "${file.syntax}"`)
    reader.expect(';')
  },
  edition: (reader, file) => {
    reader.expect('=')
    const edition = Edition[`EDITION_${reader.string()}` as keyof typeof Edition]
    if (edition === undefined) throw reader.failure('this edition is not known')
    file.syntax = 'editions'
    file.edition = edition
    reader.expect(';')
  },
  package: (reader, file) => {
    file.package = reader.dottedName()
    reader.expect(';')
  },
  import: (reader, file) => {
    if (reader.accept('public')) file.publicDependency.push(file.dependency.length)
    else if (reader.accept('weak')) file.weakDependency.push(file.dependency.length)
    file.dependency.push(reader.string())
    reader.expect(';')
  },
  option: (reader, _, options) => {
    options.push(parseOptionStatement(reader))
  },
  message: (reader, file) => {
    file.messageType.push(parseMessage(reader, file.syntax, 0))
  },
  enum: (reader, file) => {
    file.enumType.push(parseEnum(reader))
  },
  service: (reader, file) => {
    file.service.push(parseService(reader))
  },
  extend: (reader, file) => {
    parseExtend(reader, fileScope(file))
  },
}

function parseTopLevel(reader: TokenReader, file: FileDescriptorProto, options: Option[]): void {
  if (reader.accept(';')) return
  const statement = reader.next.kind === 'word' ? named(statements, reader.next.text) : undefined
  if (statement === undefined) throw reader.unexpected('a message, an enum or another statement')
  reader.take()
  statement(reader, file, options)
}

function parseService(reader: TokenReader): ServiceDescriptorProto {
  const service = create(ServiceDescriptorProtoSchema, { name: reader.word() })
  const options: Option[] = []
  reader.expect('{')
  while (!reader.accept('}')) {
    if (reader.accept('option')) options.push(parseOptionStatement(reader))
    else if (reader.accept('rpc')) service.method.push(parseMethod(reader))
    else reader.expect(';')
  }
  const built = buildOptions<ServiceOptions>(ServiceOptionsSchema, options, reader)
  if (built !== undefined) service.options = built
  return service
}

function parseMethod(reader: TokenReader): MethodDescriptorProto {
  const method = create(MethodDescriptorProtoSchema, { name: reader.word() })
  const input = parseMethodType(reader)
  reader.expect('returns')
  const output = parseMethodType(reader)
  method.inputType = input.type
  method.outputType = output.type
  if (input.streaming) method.clientStreaming = true
  if (output.streaming) method.serverStreaming = true
  const options: Option[] = []
  if (reader.accept('{')) {
    while (!reader.accept('}')) {
      if (reader.accept('option')) options.push(parseOptionStatement(reader))
      else reader.expect(';')
    }
  } else reader.expect(';')
  const built = buildOptions<MethodOptions>(MethodOptionsSchema, options, reader)
  if (built !== undefined) method.options = built
  return method
}

function parseMethodType(reader: TokenReader): { readonly type: string; readonly streaming: boolean } {
  reader.expect('(')
  const streaming = reader.accept('stream')
  // A type of the name "stream" is possible, and then the closing parenthesis is next.
  const type = streaming && reader.next.text === ')' ? 'stream' : reader.dottedName()
  reader.expect(')')
  return { type, streaming: streaming && type !== 'stream' }
}
