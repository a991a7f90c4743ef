/** Options of .proto files, set in the descriptors' option messages; custom ones, in parentheses, are passed over. */
import { create, ScalarType, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf'
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect'
import { integerText, type TokenReader } from './tokens.ts'

/** A value as written: text that knows whether it was a string, or fields in braces. */
export type OptionValue =
  | { readonly kind: 'string'; readonly bytes: string }
  | { readonly kind: 'number' | 'word'; readonly text: string }
  | { readonly kind: 'fields'; readonly fields: readonly Option[] }

export interface Option {
  /** Parts of the name; undefined for custom options. */
  readonly path: readonly string[] | undefined
  readonly value: OptionValue
}

/** `option NAME = VALUE;`, after the first word. */
export function parseOptionStatement(reader: TokenReader): Option {
  const option = parseOption(reader)
  reader.expect(';')
  return option
}

/** `[NAME = VALUE, …]`, where there is one. */
export function parseOptionList(reader: TokenReader): Option[] {
  const options: Option[] = []
  if (!reader.accept('[')) return options
  do options.push(parseOption(reader))
  while (reader.accept(','))
  reader.expect(']')
  return options
}

function parseOption(reader: TokenReader): Option {
  const path: string[] = []
  let custom = false
  do {
    if (reader.accept('(')) {
      custom = true
      reader.dottedName()
      reader.expect(')')
    } else path.push(reader.word())
  } while (reader.accept('.'))
  reader.expect('=')
  return { path: custom ? undefined : path, value: parseValue(reader, 0) }
}

const depthMax = 32

function parseValue(reader: TokenReader, depth: number): OptionValue {
  if (depth > depthMax) throw reader.failure(`a value is nested deeper than ${depthMax}`)
  if (reader.next.kind === 'string') return { kind: 'string', bytes: reader.byteString() }
  if (reader.accept('{')) return { kind: 'fields', fields: parseFields(reader, '}', depth) }
  if (reader.accept('<')) return { kind: 'fields', fields: parseFields(reader, '>', depth) }
  if (reader.accept('[')) return parseItems(reader, depth)
  const sign = reader.accept('-') ? '-' : ''
  if (sign === '') reader.accept('+')
  const { kind, text } = reader.take()
  if (kind === 'integer') return { kind: 'number', text: sign + integerText(text) }
  if (kind === 'float') return { kind: 'number', text: sign + text }
  if (kind === 'word') return { kind: 'word', text: sign + text }
  throw reader.unexpected('a value')
}

/** Fields of a message in the text format: separators are optional there. */
function parseFields(reader: TokenReader, close: string, depth: number): Option[] {
  const fields: Option[] = []
  while (!reader.accept(close)) {
    const custom = reader.accept('[')
    const name = custom ? skipExtensionName(reader) : reader.word()
    const colon = reader.accept(':')
    if (!colon && reader.next.text !== '{' && reader.next.text !== '<') throw reader.unexpected('":"')
    fields.push({ path: custom ? undefined : [name], value: parseValue(reader, depth + 1) })
    if (!reader.accept(',')) reader.accept(';')
  }
  return fields
}

function skipExtensionName(reader: TokenReader): string {
  let name = reader.dottedName()
  if (reader.accept('/')) name += `/${reader.dottedName()}`
  reader.expect(']')
  return name
}

/** Lists occur in custom options and in fields of messages only; their items matter to nobody here. */
function parseItems(reader: TokenReader, depth: number): OptionValue {
  while (!reader.accept(']')) {
    parseValue(reader, depth + 1)
    reader.accept(',')
  }
  return { kind: 'fields', fields: [] }
}

/** The options message with these options, or undefined where none is left after the custom ones. */
export function buildOptions<T extends Message>(
  schema: DescMessage,
  options: readonly Option[],
  reader: TokenReader,
): T | undefined {
  const known = options.filter(({ path }) => path !== undefined)
  if (known.length === 0) return undefined
  const target = reflect(schema, create(schema))
  for (const { path, value } of known) setOption(target, path ?? [], value, reader)
  return target.message as T
}

function setOption(
  target: ReflectMessage,
  [name = '', ...rest]: readonly string[],
  value: OptionValue,
  reader: TokenReader,
): void {
  const field = target.fields.find((candidate) => candidate.name === name)
  if (field === undefined) throw reader.failure(`there is no option "${name}" here`)
  if (field.fieldKind === 'message') {
    const inner = target.isSet(field) ? target.get(field) : reflect(field.message)
    setFields(inner, rest, value, reader)
    target.set(field, inner)
  } else if (field.fieldKind === 'list') {
    const items = target.get(field)
    if (field.listKind === 'message') {
      const item = reflect(field.message)
      setFields(item, rest, value, reader)
      items.add(item)
    } else items.add(scalarOf(field, value, reader))
  } else target.set(field, scalarOf(field, value, reader))
}

/** Sets fields of an inner message: one, where the option's name goes on, or those in its braces. */
function setFields(
  target: ReflectMessage,
  rest: readonly string[],
  value: OptionValue,
  reader: TokenReader,
): void {
  const fields = rest.length > 0 ? [{ path: rest, value }] : value.kind === 'fields' ? value.fields : []
  for (const { path, value: inner } of fields) if (path !== undefined) setOption(target, path, inner, reader)
}

function scalarOf(field: DescField, value: OptionValue, reader: TokenReader): unknown {
  const failure = (): Error => reader.failure(`the value of option "${field.name}" does not fit`)
  if (field.enum !== undefined) {
    const found = field.enum.values.find(({ name }) => value.kind === 'word' && name === value.text)
    if (found === undefined) throw failure()
    return found.number
  }
  if (field.scalar === ScalarType.BOOL && value.kind === 'word') return value.text === 'true'
  if (field.scalar === ScalarType.STRING && value.kind === 'string')
    return Buffer.from(value.bytes, 'latin1').toString('utf8')
  if (value.kind === 'number' && field.scalar !== ScalarType.STRING) return Number(value.text)
  throw failure()
}
