/** Enums of .proto files. */
import { create } from '@bufbuild/protobuf'
import {
  EnumDescriptorProto_EnumReservedRangeSchema,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  EnumValueOptionsSchema,
  type EnumDescriptorProto,
  type EnumOptions,
  type EnumValueOptions,
} from '@bufbuild/protobuf/wkt'
import { buildOptions, parseOptionList, parseOptionStatement, type Option } from './options.ts'
import { parseRanges } from './ranges.ts'
import type { TokenReader } from './tokens.ts'

/** An enum after the word `enum`. */
export function parseEnum(reader: TokenReader): EnumDescriptorProto {
  const parsed = create(EnumDescriptorProtoSchema, { name: reader.word() })
  const options: Option[] = []
  reader.expect('{')
  while (!reader.accept('}')) {
    if (reader.accept(';')) continue
    const name = reader.word()
    if (name === 'option' && reader.next.text !== '=') options.push(parseOptionStatement(reader))
    else if (name === 'reserved' && reader.next.text !== '=') parseEnumReserved(reader, parsed)
    else parseEnumValue(reader, parsed, name)
  }
  const built = buildOptions<EnumOptions>(EnumOptionsSchema, options, reader)
  if (built !== undefined) parsed.options = built
  return parsed
}

function parseEnumValue(reader: TokenReader, target: EnumDescriptorProto, name: string): void {
  reader.expect('=')
  const value = create(EnumValueDescriptorProtoSchema, { name, number: reader.integer() })
  const options = buildOptions<EnumValueOptions>(EnumValueOptionsSchema, parseOptionList(reader), reader)
  if (options !== undefined) value.options = options
  reader.expect(';')
  target.value.push(value)
}

const enumNumberMax = 2_147_483_647

function parseEnumReserved(reader: TokenReader, target: EnumDescriptorProto): void {
  const { names, ranges } = parseRanges(reader, enumNumberMax)
  target.reservedName.push(...names)
  for (const range of ranges)
    target.reservedRange.push(create(EnumDescriptorProto_EnumReservedRangeSchema, range))
}
