import { create, createFileRegistry, type DescFile, type DescMessage } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { StreamError } from '../../base/errors.ts'
import type { SchemaSource } from '../../data/types.ts'
import type { MessageRef } from '../../registry/contracts.ts'
import { readProtoFiles } from '../../registry/proto-file.ts'
import type { MessageFrame, ParsedSchema, SchemaLanguage } from '../schema-language.ts'
import { checkReadable } from './compatible.ts'
import { columnsOfMessage, typeOfMessage } from './data-types.ts'
import { protoDecoder, protoEncoder, protoRowReader } from './proto-codec.ts'

interface ParsedProto extends ParsedSchema {
  readonly descriptor: DescMessage
}

/** Protobuf's binary encoding of one message of a file. */
export const protoLanguage: SchemaLanguage = {
  type: 'PROTOBUF',
  parse: (source, name) => {
    const file = readFile(source)
    return parsedProto(file, messageNamed(file, name))
  },
}

function readFile({ text, references = [] }: SchemaSource): DescFile {
  const { main, all } = readProtoFiles(text, references)
  try {
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...all] }))
    const file = registry.getFile(main.name) ?? registry.getFile(main.name.replace(/\.proto$/, ''))
    if (file !== undefined) return file
  } catch (error) {
    throw new StreamError('SCHEMA_INVALID', 'a Protobuf schema cannot be linked', {
      detail: String(error),
      cause: error,
    })
  }
  throw new StreamError('SCHEMA_INVALID', 'a Protobuf schema is empty')
}

function parsedProto(file: DescFile, descriptor: DescMessage): ParsedProto {
  return {
    descriptor,
    recordName: descriptor.typeName,
    dataType: typeOfMessage(descriptor),
    columns: columnsOfMessage(descriptor),
    message: refOf(descriptor),
    decoder: (reader, frame) => protoDecoder(readable(messageOf(file, descriptor, frame), reader)),
    rowReader: (reader, frame, columns) =>
      protoRowReader(readable(messageOf(file, descriptor, frame), reader), columns),
    encoder: () => protoEncoder(descriptor),
  }
}

/** The message to read by: the reader's, which the writer's must suit. */
function readable(written: DescMessage, reader: ParsedSchema | undefined): DescMessage {
  const wanted = (reader as ParsedProto | undefined)?.descriptor
  if (wanted === undefined) return written
  checkReadable(written, wanted)
  return wanted
}

/** Which message of its file a value is: as its frame says, by position or name. */
function messageOf(
  file: DescFile,
  fallback: DescMessage,
  { messagePath, messageName }: MessageFrame,
): DescMessage {
  if (messageName !== undefined) return messageNamed(file, messageName)
  if (messagePath === undefined) return fallback
  let messages: readonly DescMessage[] = file.messages
  let found: DescMessage | undefined
  for (const index of messagePath) {
    found = messages[index]
    messages = found?.nestedMessages ?? []
  }
  if (found === undefined)
    throw new StreamError('VALUE_MALFORMED', `the schema has no message at position ${messagePath.join('.')}`)
  return found
}

/** By full name, by the name within the package, or by the last part of it. */
function messageNamed(file: DescFile, name: string | undefined): DescMessage {
  const all = allMessages(file.messages)
  const [first] = all
  const wanted =
    name === undefined
      ? first
      : (all.find(({ typeName }) => typeName === name) ??
        all.find(({ typeName }) => typeName.endsWith(`.${name}`)) ??
        all.find((message) => message.name === name.slice(name.lastIndexOf('.') + 1)))
  if (wanted !== undefined) return wanted
  throw new StreamError(
    'SCHEMA_INVALID',
    name === undefined ? 'a Protobuf schema has no message' : `a Protobuf schema has no message "${name}"`,
    {
      detail:
        all.length === 0
          ? 'It has no messages.'
          : `Its messages are ${all.map(({ typeName }) => typeName).join(', ')}.`,
    },
  )
}

function allMessages(messages: readonly DescMessage[]): readonly DescMessage[] {
  return messages.flatMap((message) => [message, ...allMessages(message.nestedMessages)])
}

function refOf(message: DescMessage): MessageRef {
  const path: number[] = []
  for (let at: DescMessage | undefined = message; at !== undefined; at = at.parent) {
    const siblings: readonly DescMessage[] = at.parent?.nestedMessages ?? at.file.messages
    path.unshift(siblings.indexOf(at))
  }
  return { path, name: message.name }
}
