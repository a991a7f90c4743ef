import type { SchemaLanguage, ParsedSchema } from '../schema-language.ts'
import { avroDecoder, avroEncoder } from './avro-codec.ts'
import type { AvroType } from './avro-type.ts'
import { columnsOfAvro, typeOfAvro } from './data-types.ts'
import { parseAvroSchema } from './parse-schema.ts'
import { avroRowReader } from './row-reader.ts'

interface ParsedAvro extends ParsedSchema {
  readonly avro: AvroType
}

/** Avro's binary encoding of one value. */
export const avroLanguage: SchemaLanguage = {
  type: 'AVRO',
  parse: ({ text, references = [] }) =>
    parsedAvro(
      parseAvroSchema(
        text,
        references.map((reference) => reference.text),
      ),
    ),
}

function parsedAvro(avro: AvroType): ParsedAvro {
  return {
    avro,
    recordName: 'name' in avro ? avro.name : undefined,
    dataType: typeOfAvro(avro),
    columns: columnsOfAvro(avro),
    decoder: (reader) => avroDecoder(avro, avroOf(reader) ?? avro),
    rowReader: (reader, _frame, columns) => avroRowReader(avro, avroOf(reader) ?? avro, columns),
    encoder: () => avroEncoder(avro),
  }
}

function avroOf(reader: ParsedSchema | undefined): AvroType | undefined {
  return (reader as ParsedAvro | undefined)?.avro
}
