import { StreamError } from '../../base/errors.ts'
import { convertValue } from '../../data/convert.ts'
import { materialize } from '../../data/lazy.ts'
import { Mismatch } from '../../data/mismatch.ts'
import type { DataType, Field, Format } from '../../data/types.ts'
import { decodeText } from '../text.ts'
import type { Serde } from '../serde.ts'
import { readXml, writeXmlElement } from './xml-text.ts'
import { typeOfXsd } from './xsd.ts'

const declaration = "<?xml version='1.1' encoding='UTF-8'?>"
const envelopeNamespace = 'http://schemas.xmlsoap.org/soap/envelope/'

/** Values that are one XML element; its name is the schema's, or `Struct`, and is not looked at when it is read. */
export function xmlSerde(format: Format): Serde {
  const type = xmlType(format)
  return {
    decode: (buffer, start, end) => typed(readXml(decodeText(buffer, start, end)), type),
    encode: (value, writer) => writer.writeUtf8(writeXmlText(materialize(value), format)),
  }
}

/** A plain value as text. @throws StreamError `VALUE_TYPE_MISMATCH` */
export function writeXmlText(value: unknown, { schema }: Format): string {
  return `${declaration}${writeXmlElement(schema ?? 'Struct', plainObject(value))}`
}

/** The value of text in the types of the format's schema. @throws StreamError `VALUE_MALFORMED` */
export function readXmlAs(text: string, format: Format): unknown {
  return typed(readXml(text), xmlType(format))
}

/**
 * Values that are the content of a SOAP envelope's body. The envelope's own names are left out when a value is read; `Header` is kept as a
 * field of that name where there is one.
 */
export function soapSerde(format: Format): Serde {
  const type = xmlType(format)
  return {
    decode: (buffer, start, end) => {
      const envelope = readXml(decodeText(buffer, start, end))
      const { Body: body, Header: header } = (envelope ?? {}) as Readonly<Record<string, unknown>>
      if (body === undefined)
        throw new StreamError('VALUE_MALFORMED', 'value is XML but no SOAP envelope', {
          detail: 'It has no element "Body".',
        })
      const content = typed(body, type)
      return header === undefined || !isObject(content) ? content : { Header: header, ...content }
    },
    encode: (value, writer) => {
      const { Header: header, ...body } = plainObject(materialize(value))
      const head = header === undefined ? '' : soapPart('Header', header)
      writer.writeUtf8(
        `${declaration}<soap:Envelope xmlns:soap="${envelopeNamespace}">${head}${soapPart('Body', body)}</soap:Envelope>`,
      )
    },
  }
}

/** An element of the envelope: the same content under a name with its prefix. */
function soapPart(name: string, value: unknown): string {
  return writeXmlElement(name, value)
    .replace(new RegExp(`^<${name}(/?>)`), `<soap:${name}$1`)
    .replace(new RegExp(`</${name}>$`), `</soap:${name}>`)
}

/** The type that a schema gives values; without one they are structs of text. @throws StreamError `SCHEMA_INVALID` */
function xmlType({ source, schema }: Format): DataType {
  return source === undefined || schema === undefined ? { kind: 'struct' } : typeOfXsd(source.text, schema)
}

/** Leaves are text on the wire, and what the schema says for the reader. */
function typed(value: unknown, type: DataType): unknown {
  // An element without content is one of text that is empty.
  const struct = value === '' && type.kind === 'struct' ? {} : value
  const converted = convertValue(shaped(struct, type), type)
  if (!(converted instanceof Mismatch)) return converted
  const place = converted.path === '' ? 'value' : `field "${converted.path.replace(/^\./, '')}"`
  throw new StreamError('VALUE_MALFORMED', `${place} does not fit the XML schema`, {
    detail: `It is ${converted.reason}.`,
  })
}

const base64 = /^[A-Za-z0-9+/\s]*={0,2}$/

/** The schema's shape: one element is a list of one where it has a list, and bytes are in base64. */
function shaped(value: unknown, type: DataType): unknown {
  switch (type.kind) {
    case 'list':
      return itemsOf(value).map((item) => shaped(item, type.of))
    case 'bytes':
      return typeof value === 'string' && base64.test(value)
        ? new Uint8Array(Buffer.from(value, 'base64'))
        : value
    case 'struct':
      return type.fields !== undefined && isObject(value) ? shapedFields(value, type.fields) : value
    default:
      return value
  }
}

function shapedFields(
  value: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = { ...value }
  for (const { name, type } of fields)
    if (name in result || type.kind === 'list') result[name] = shaped(result[name], type)
  return result
}

function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined || value === null ? [] : [value]
}

function plainObject(value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value
  throw new StreamError('VALUE_TYPE_MISMATCH', 'only structs can be written as XML', {
    hint: 'Convert the value before.',
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
