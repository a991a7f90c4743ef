import { StreamError } from '../base/errors.ts'
import type { Format } from '../data/types.ts'
import type { Side } from '../registry/contracts.ts'
import type { SchemaLanguage } from './schema-language.ts'
import type { Serde } from './serde.ts'

/** Bare values of one schema that the definition gives: no registry, nothing before the value. */
export function schemaSerde(
  language: SchemaLanguage,
  { notation, source, schema: name }: Format,
  side: Side,
): Serde {
  if (source === undefined)
    throw new StreamError('TYPE_INVALID', `notation "${notation}" needs a schema or a registry`, {
      hint: `Write "${notation}:Name" with a schema file of that name, or configure a registry for it.`,
    })
  const schema = language.parse(source, name)
  const decode = schema.decoder(undefined, {})
  const encode = schema.encoder(side)
  return {
    decode: (buffer, start, end) => decode(buffer, start, end),
    encode: (value, writer) => encode(value, writer),
    project: (columns) => schema.rowReader(undefined, {}, columns),
    ...(language.canonicalKey === undefined ? {} : { canonicalKey: language.canonicalKey }),
  }
}
