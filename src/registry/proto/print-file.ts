/** Descriptors as text of .proto files: for readers of schemas that others registered in binary. */
import { isFieldSet, ScalarType, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf'
import { isReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import {
  Edition,
  EnumOptionsSchema,
  EnumValueOptionsSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
  MethodOptionsSchema,
  ServiceOptionsSchema,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  type ServiceDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { jsonName } from './parse-field.ts'

export function printFile(file: FileDescriptorProto): string {
  const lines = [syntaxLine(file)]
  if (file.package !== '') lines.push(`package ${file.package};`)
  for (const [index, path] of file.dependency.entries()) {
    const isPublic = file.publicDependency.includes(index)
    lines.push(`import ${isPublic ? 'public ' : ''}"${path}";`)
  }
  lines.push(...optionLines(FileOptionsSchema, file.options))
  const scope: PrintScope = { syntax: file.syntax, nested: file.messageType }
  for (const message of withoutGroups(file.messageType, file.extension))
    lines.push('', ...printMessage(message, file.syntax))
  for (const one of file.enumType) lines.push('', ...printEnum(one))
  lines.push(...printExtensions(file.extension, scope))
  for (const service of file.service) lines.push('', ...printService(service))
  return `${lines.join('\n')}\n`
}

function syntaxLine({ syntax, edition }: FileDescriptorProto): string {
  if (syntax === 'editions') return `edition = "${Edition[edition]?.replace('EDITION_', '')}";`
  return `syntax = "${syntax === '' ? 'proto2' : syntax}";`
}

interface PrintScope {
  readonly syntax: string
  /** Where groups have their messages. */
  readonly nested: readonly DescriptorProto[]
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`))

function printMessage(message: DescriptorProto, syntax: string): string[] {
  return [`message ${message.name} {`, ...indent(messageBody(message, syntax)), '}']
}

function messageBody(message: DescriptorProto, syntax: string): string[] {
  const scope: PrintScope = { syntax, nested: message.nestedType }
  const lines = optionLines(MessageOptionsSchema, message.options)
  lines.push(...rangeLines('reserved', message.reservedRange, fieldNumberMax))
  if (message.reservedName.length > 0)
    lines.push(`reserved ${message.reservedName.map((name) => quoted(name)).join(', ')};`)
  lines.push(...rangeLines('extensions', message.extensionRange, fieldNumberMax))
  for (const field of message.field) {
    if (!inWrittenOneof(field)) lines.push(...printField(field, scope))
    else if (oneofFields(message, field.oneofIndex)[0] === field)
      lines.push(...printOneof(message, field.oneofIndex, scope))
  }
  for (const nested of withoutGroups(message.nestedType, [...message.field, ...message.extension]))
    lines.push(...printMessage(nested, syntax))
  for (const one of message.enumType) lines.push(...printEnum(one))
  lines.push(...printExtensions(message.extension, scope))
  return lines
}

/** Groups print their message where the field stands. */
function withoutGroups(
  messages: readonly DescriptorProto[],
  fields: readonly FieldDescriptorProto[],
): readonly DescriptorProto[] {
  const groups = new Set(fields.filter(isGroup).map(({ typeName }) => lastPart(typeName)))
  return messages.filter(({ name, options }) => options?.mapEntry !== true && !groups.has(name))
}

const isGroup = ({ type }: FieldDescriptorProto): boolean => type === FieldDescriptorProto_Type.GROUP
const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

/** Not plain, and not in the oneof that an `optional` field of proto3 has to itself. */
function inWrittenOneof(field: FieldDescriptorProto): boolean {
  return isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) && !field.proto3Optional
}

function oneofFields(message: DescriptorProto, index: number): readonly FieldDescriptorProto[] {
  return message.field.filter((field) => inWrittenOneof(field) && field.oneofIndex === index)
}

function printOneof(message: DescriptorProto, index: number, scope: PrintScope): string[] {
  const lines = oneofFields(message, index).flatMap((field) => printField(field, scope))
  return [`oneof ${message.oneofDecl[index]?.name} {`, ...indent(lines), '}']
}

function printField(field: FieldDescriptorProto, scope: PrintScope): string[] {
  const entry = scope.nested.find(
    ({ name, options }) => options?.mapEntry && name === lastPart(field.typeName),
  )
  if (entry !== undefined && field.label === FieldDescriptorProto_Label.REPEATED) {
    const [key, value] = entry.field
    if (key !== undefined && value !== undefined)
      return [`map<${typeText(key)}, ${typeText(value)}> ${numbered(field)};`]
  }
  const label = labelText(field, scope.syntax)
  const group = isGroup(field)
    ? scope.nested.find(({ name }) => name === lastPart(field.typeName))
    : undefined
  if (group === undefined) return [`${label}${typeText(field)} ${numbered(field)};`]
  return [`${label}group ${group.name} = ${field.number} {`, ...indent(messageBody(group, scope.syntax)), '}']
}

function labelText(field: FieldDescriptorProto, syntax: string): string {
  if (field.label === FieldDescriptorProto_Label.REPEATED) return 'repeated '
  if (field.label === FieldDescriptorProto_Label.REQUIRED) return 'required '
  if (field.proto3Optional) return 'optional '
  return syntax === '' && !inWrittenOneof(field) ? 'optional ' : ''
}

function typeText({ type, typeName }: FieldDescriptorProto): string {
  return typeName === '' ? FieldDescriptorProto_Type[type].toLowerCase() : typeName
}

function numbered(field: FieldDescriptorProto): string {
  const options = optionTexts(FieldOptionsSchema, field.options)
  if (isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue))
    options.unshift(`default = ${defaultText(field)}`)
  if (field.jsonName !== '' && field.jsonName !== jsonName(field.name))
    options.push(`json_name = ${quoted(field.jsonName)}`)
  const list = options.length === 0 ? '' : ` [${options.join(', ')}]`
  return `${field.name} = ${field.number}${list}`
}

function defaultText({ type, defaultValue }: FieldDescriptorProto): string {
  if (type === FieldDescriptorProto_Type.BYTES) return `"${defaultValue}"`
  return type === FieldDescriptorProto_Type.STRING ? quoted(defaultValue) : defaultValue
}

const fieldNumberMax = 536_870_911

/** @param ranges - their ends do not belong to them */
function rangeLines(
  word: string,
  ranges: readonly { readonly start: number; readonly end: number }[],
  max: number,
): string[] {
  if (ranges.length === 0) return []
  const texts = ranges.map(({ start, end }) => {
    if (end - 1 === start) return `${start}`
    return `${start} to ${end - 1 >= max ? 'max' : end - 1}`
  })
  return [`${word} ${texts.join(', ')};`]
}

const enumNumberMax = 2_147_483_647

function printEnum(one: EnumDescriptorProto): string[] {
  const lines = optionLines(EnumOptionsSchema, one.options)
  const ranges = one.reservedRange.map(({ start, end }) => ({ start, end: end + 1 }))
  lines.push(...rangeLines('reserved', ranges, enumNumberMax))
  if (one.reservedName.length > 0) lines.push(`reserved ${one.reservedName.map(quoted).join(', ')};`)
  for (const { name, number, options } of one.value) {
    const texts = optionTexts(EnumValueOptionsSchema, options)
    lines.push(`${name} = ${number}${texts.length === 0 ? '' : ` [${texts.join(', ')}]`};`)
  }
  return [`enum ${one.name} {`, ...indent(lines), '}']
}

function printExtensions(fields: readonly FieldDescriptorProto[], scope: PrintScope): string[] {
  return fields.flatMap((field) => [`extend ${field.extendee} {`, ...indent(printField(field, scope)), '}'])
}

function printService(service: ServiceDescriptorProto): string[] {
  const lines = optionLines(ServiceOptionsSchema, service.options)
  for (const method of service.method) {
    const input = `${method.clientStreaming ? 'stream ' : ''}${method.inputType}`
    const output = `${method.serverStreaming ? 'stream ' : ''}${method.outputType}`
    const options = optionLines(MethodOptionsSchema, method.options)
    const call = `rpc ${method.name} (${input}) returns (${output})`
    if (options.length === 0) lines.push(`${call};`)
    else lines.push(`${call} {`, ...indent(options), '}')
  }
  return [`service ${service.name} {`, ...indent(lines), '}']
}

function optionLines(schema: DescMessage, options: Message | undefined): string[] {
  return optionTexts(schema, options).map((text) => `option ${text};`)
}

/** `name = value` of every option that is set; those of messages with dots between. */
function optionTexts(schema: DescMessage, options: Message | undefined, prefix = ''): string[] {
  if (options === undefined) return []
  const target = reflect(schema, options)
  return target.fields.flatMap((field) => {
    const name = prefix + field.name
    if (!target.isSet(field) || field.name === 'uninterpreted_option') return []
    if (field.fieldKind === 'message')
      return optionTexts(field.message, target.get(field).message, `${name}.`)
    if (field.fieldKind === 'list')
      return [...target.get(field)].map((item) => `${name} = ${valueText(field, item)}`)
    return [`${name} = ${valueText(field, target.get(field))}`]
  })
}

function valueText(field: DescField, value: unknown): string {
  if (field.enum !== undefined)
    return field.enum.values.find(({ number }) => number === value)?.name ?? String(value)
  if (isReflectMessage(value)) {
    const fields = optionTexts(value.desc, value.message)
    return `{ ${fields.map((text) => text.replace(' =', ':')).join(', ')} }`
  }
  return field.scalar === ScalarType.STRING ? quoted(String(value)) : String(value)
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))}"`
}
