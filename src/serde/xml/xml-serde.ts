import { isObject } from '../../data/is-object.ts'
import { StreamError } from '../../base/errors.ts'
import { convertValue } from '../../data/convert.ts'
import { materialize } from '../../data/lazy.ts'
import { Mismatch } from '../../data/mismatch.ts'
import type { DataType, Field, Format } from '../../data/types.ts'
import { decodeText } from '../text.ts'
import type { Serde } from '../serde.ts'
import { ownText, plainShape, readXml, writeXmlElement, writeXmlRoot, type XmlShape } from './xml-text.ts'
import { readXsd, type XsdElement } from './xsd.ts'

const declaration = "<?xml version='1.1' encoding='UTF-8'?>"
const envelopeNamespace = 'http://schemas.xmlsoap.org/soap/envelope/'

/** Values that are one XML element; its name is the schema's, or `Struct`, and is not looked at when it is read. */
export function xmlSerde(format: Format): Serde {
  const { read, write } = xmlText(format)
  return {
    decode: (buffer, start, end) => read(decodeText(buffer, start, end)),
    encode: (value, writer) => writer.writeUtf8(write(materialize(value))),
  }
}

interface XmlText {
  /** The value of text, in the types of the schema. Throws StreamError `VALUE_MALFORMED`. */
  readonly read: (text: string) => unknown
  /** Throws StreamError `VALUE_TYPE_MISMATCH`. */
  readonly write: (value: unknown) => string
}

/** Between plain values and text. @throws StreamError `SCHEMA_INVALID` */
export function xmlText(format: Format): XmlText {
  const element = xmlElement(format)
  return {
    read: (text) => typed(readXml(text), element),
    write: (value) => `${declaration}${writeXmlRoot(element.root, plainObject(value))}`,
  }
}

/**
 * Values that are the content of a SOAP envelope's body, or with a schema its element in there. The envelope's own names are left out when
 * a value is read; `Header` is kept as a field of that name where there is one.
 */
export function soapSerde(format: Format): Serde {
  const element = xmlElement(format)
  const inBody = format.schema === undefined ? undefined : element.root
  return {
    decode: (buffer, start, end) => {
      const envelope = readXml(decodeText(buffer, start, end))
      const { Body: body, Header: header } = (envelope ?? {}) as Readonly<Record<string, unknown>>
      if (body === undefined) throw noEnvelope('It has no element "Body".')
      const content = typed(inBody === undefined ? body : elementOf(body, inBody.name), element)
      return header === undefined || !isObject(content) ? content : { Header: header, ...content }
    },
    encode: (value, writer) => {
      const { Header: header, ...content } = plainObject(materialize(value))
      const head = header === undefined ? '' : soapPart('Header', header)
      const body =
        inBody === undefined
          ? soapPart('Body', content)
          : `<soap:Body>${writeXmlRoot(inBody, content)}</soap:Body>`
      writer.writeUtf8(
        `${declaration}<soap:Envelope xmlns:soap="${envelopeNamespace}">${head}${body}</soap:Envelope>`,
      )
    },
  }
}

function elementOf(body: unknown, name: string): unknown {
  if (isObject(body) && Object.hasOwn(body, name)) return body[name]
  throw noEnvelope(`Its body has no element "${name}".`)
}

function noEnvelope(detail: string): StreamError {
  return new StreamError('VALUE_MALFORMED', 'value is XML but no SOAP envelope of this kind', { detail })
}

/** An element of the envelope: the same content under a name with its prefix. */
function soapPart(name: string, value: unknown): string {
  return writeXmlElement(name, value)
    .replace(new RegExp(`^<${name}(/?>)`), `<soap:${name}$1`)
    .replace(new RegExp(`</${name}>$`), `</soap:${name}>`)
}

/** What a schema says of values; without one they are structs of text. */
function xmlElement({ source, schema }: Format): XsdElement {
  if (source !== undefined && schema !== undefined) return readXsd(source.text, schema)
  return { type: { kind: 'struct' }, root: { name: schema ?? 'Struct', shape: plainShape } }
}

/** Leaves are text on the wire, and what the schema says for the reader. */
function typed(value: unknown, { type, root }: XsdElement): unknown {
  const converted = convertValue(shaped(value, type, root.shape), type)
  if (!(converted instanceof Mismatch)) return converted
  const place = converted.path === '' ? 'value' : `field "${converted.path.replace(/^\./, '')}"`
  throw new StreamError('VALUE_MALFORMED', `${place} does not fit the XML schema`, {
    detail: `It is ${converted.reason}.`,
  })
}

const base64 = /^[A-Za-z0-9+/\s]*={0,2}$/

/** The schema's shape: one element is a list of one where it has a list, words are a list, and bytes are in base64. */
function shaped(value: unknown, type: DataType, shape: XmlShape): unknown {
  switch (type.kind) {
    case 'list':
      return listOf(value, shape.words && type.of.kind !== 'list').map((item) => shaped(item, type.of, shape))
    case 'bytes':
      return typeof value === 'string' && base64.test(value)
        ? new Uint8Array(Buffer.from(value, 'base64'))
        : value
    case 'struct':
      return typeof value === 'string' ? structOfText(value, type) : shapedFields(value, type.fields, shape)
    default:
      return value
  }
}

/** An element that has text alone; without any it is one without content. */
function structOfText(text: string, { fields }: DataType & { kind: 'struct' }): unknown {
  if (fields?.some(({ name }) => name === ownText) === true) return { [ownText]: text }
  return text === '' ? {} : text
}

function shapedFields(value: unknown, fields: readonly Field[] | undefined, shape: XmlShape): unknown {
  if (fields === undefined || !isObject(value)) return value
  const result: Record<string, unknown> = { ...value }
  for (const { name, type } of fields)
    if (name in result || type.kind === 'list') {
      const inner = shape.elements.get(name) ?? shape.attributes.get(name) ?? plainShape
      result[name] = shaped(result[name], type, inner)
    }
  return result
}

function listOf(value: unknown, words: boolean): readonly unknown[] {
  return words && typeof value === 'string'
    ? value.split(/\s+/).filter((word) => word !== '')
    : itemsOf(value)
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
